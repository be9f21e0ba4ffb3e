// Runs the tests that are in TypeScript on another Node.js, which npm brings; it comes first on PATH, too.
//   node tools/test-node.mjs 20|22|24|this [what vitest is given]…
import { delimiter, dirname } from 'node:path'
import { fetchParts, nodeVersions, toolsOf } from './registry/parts.mjs'
import { bin, buildForTests, root, run } from './run.mjs'

const [version, ...filters] = process.argv.slice(2)
if (![...nodeVersions, 'this'].includes(version)) {
  console.error(`usage: npm run test:node -- ${nodeVersions.join('|')} [file]…`)
  process.exit(2)
}
fetchParts()
buildForTests()
const { node } = toolsOf(version)
const env = { PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
run(node, ['--version'])
run(node, [`${root}tools/build.mjs`, 'ts'], { env })
run(node, [bin('vitest').replace(/\.bin\/vitest$/, 'vitest/vitest.mjs'), 'run', ...filters], { env })
