// Writes <bundle>.cache: the code of a program as the engine compiled it while the program ran a command. A process of its own,
// so that the engine is as it will be.
//   node tools/compile.mjs <bundle> <word of the command>…
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { run } from './compiled.cjs'

const [bundle, ...command] = process.argv.slice(2)
const path = resolve(bundle)
const { script, exports } = run(path, createRequire(path))
await exports.run(command)
writeFileSync(`${path}.cache`, script.createCachedData())
// Whether it could do its work is of no interest.
process.exit(0)
