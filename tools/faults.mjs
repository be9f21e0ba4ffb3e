// Everything that can go wrong, in full: kills, errors, lost power, full disks, many processes at once. Ends with counts.
import { spawn } from 'node:child_process'
import { bin, root, run } from './run.mjs'

const kinds = ['crash', 'repository_crash', 'power_loss', 'disks']
const total = { passed: 0, failed: 0 }

run(process.execPath, ['tools/build.mjs'])
await counted('cargo', [
  ...['test', '--package', 'peipkg-core', '--features', 'faults', '--no-fail-fast'],
  ...kinds.flatMap((kind) => ['--test', kind]),
  ...['--', '--nocapture'],
])
await counted(bin('vitest'), ['run', '--disable-console-intercept', '__test__/together'])
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1

/** Runs a test program in full and adds up what it says; one that fails without a count counts as one. */
async function counted(command, args) {
  console.log(`\n$ PEIPKG_FAULTS=full ${[command, ...args].join(' ')}`)
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, PEIPKG_FAULTS: 'full' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    process.stdout.write(chunk)
    text += chunk
  })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  let failed = 0
  for (const [, passedHere, failedHere] of text.matchAll(/counts: .*: (\d+) passed, (\d+) failed/g)) {
    total.passed += Number(passedHere)
    failed += Number(failedHere)
  }
  total.failed += code === 0 ? failed : Math.max(failed, 1)
}
