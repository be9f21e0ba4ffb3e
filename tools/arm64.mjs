// The same on another processor: cross-builds addon and tests for 64-bit Arm and runs them under qemu, the command line as well.
// Wanted: Debian 12, as root for what is missing; cargo; Node.js with npm.
//   node tools/arm64.mjs [session | all | <filter of the native tests>]

import { prepareMachine } from './arm64/machine.mjs'
import { assertAddon, buildAddon, runNativeTests } from './arm64/native.mjs'
import { runSession } from './arm64/session.mjs'
import { fetchNode } from './arm64/user.mjs'
import { run } from './run.mjs'

const only = process.argv[2]
const started = Date.now()

prepareMachine()
const addon = buildAddon()
run(process.execPath, ['tools/build.mjs', 'ts'])
const counts = [assertAddon(addon), await runSession(addon, fetchNode())]
if (only !== 'session') counts.push(await runNativeTests(only))

const sum = (key) => counts.reduce((total, count) => total + count[key], 0)
console.log(`\nin ${Math.round((Date.now() - started) / 1000)} s`)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') === 0 ? 0 : 1
