// Everything that can go wrong, in full: kills, errors, lost power, full disks, many processes at once. Ends with counts.
import { spawn } from 'node:child_process'
import { bin, root, run } from './run.mjs'

const kinds = ['crash', 'repository_crash', 'doctor', 'power_loss', 'disks']
/** What is counted, by how its line begins; each line is counted where it fits first. */
const groups = [
  ['kill points, by operation', /^kills of (?!the recovery)/],
  ['kill points of recoveries', /^kills of the recovery/],
  ['kills on filesystems without exchanges or links', /^kills on/],
  ['injected errors', /^errors/],
  ['power lost, in the model: different disks', /^power lost/],
  ['power really lost', /^power really/],
  ['full disks, by size', /^full disks/],
  ['few descriptors, read-only filesystems', /descriptors|read-only/],
  ['many processes at once: commands', /at once/],
  ['other', /./],
]
const counts = []
let broken = 0

run(process.execPath, ['tools/build.mjs'])
run('cargo', ['build', '--package', 'peipkg-native', '--features', 'faults'])
await counted('cargo', [
  ...['test', '--package', 'peipkg-core', '--features', 'faults', '--no-fail-fast'],
  ...kinds.flatMap((kind) => ['--test', kind]),
  ...['--', '--nocapture'],
])
for (const tests of ['__test__/packaging/peipkg/killed', '__test__/together']) {
  await counted(bin('vitest'), ['run', tests, '--disable-console-intercept'])
}
report()

/** Runs a test program in full and collects what it counts; one that fails without a count is told as well. */
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
  for (const [, what, passed, failed] of text.matchAll(/counts: (.*): (\d+) passed, (\d+) failed/g)) {
    counts.push({ what, passed: Number(passed), failed: Number(failed) })
  }
  if (code !== 0) broken += 1
}

function report() {
  const sum = (lines, key) => lines.reduce((total, line) => total + line[key], 0)
  const group = ({ what }) => groups.find(([, begins]) => begins.test(what))?.[0]
  console.log('')
  for (const [title] of groups) {
    const lines = counts.filter((line) => group(line) === title).sort((a, b) => (a.what < b.what ? -1 : 1))
    if (lines.length === 0) continue
    console.log(
      `${title}: ${sum(lines, 'passed')} passed, ${sum(lines, 'failed')} failed, in ${lines.length} runs`,
    )
    for (const { what, passed, failed } of lines) console.log(`  ${what}: ${passed} passed, ${failed} failed`)
  }
  const failed = sum(counts, 'failed')
  console.log(`\n${sum(counts, 'passed')} passed, ${failed} failed; test programs that failed: ${broken}`)
  process.exitCode = failed + broken === 0 ? 0 : 1
}
