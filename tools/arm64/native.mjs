// The addon, and the core's own tests.
import { spawn } from 'node:child_process'
import { problemsOf } from '../addon.mjs'
import { root, run } from '../run.mjs'
import { rustFlags } from '../rust-flags.mjs'
import { environment, released } from './machine.mjs'

/** Not run here, and why. */
const LEFT_OUT = [
  [
    'disks',
    'mounts filesystems and starts itself in namespaces of the host: nothing of it is the processor’s',
  ],
  ['power_loss', 'replays a record of system calls: the same on every processor, and minutes under qemu'],
]
/** What qemu 7 cannot do. */
const IMPOSSIBLE = [['process::tests::is_switched_on_and_off', 'qemu has no adopting of orphans (prctl)']]
/** Run when all is asked for: five to ten minutes each, for they start a process or more for every step. */
const SLOW = [
  ...['install_is_before', 'an_install_that_does_not_fit', 'upgrade_is_before', 'downgrade_is_before'],
  ...['undo_is_before', 'undo_of_a_removal_is_before', 'remove_is_before', 'filesystems_that_lack_calls'],
  ...['an_error_at_every_step', 'a_resolution_is_killed'],
].map((name) => [name, 'takes minutes under qemu; "npm run test:arm64 -- all" runs it'])
const TESTS = [
  ...['archive_properties', 'audit', 'crash', 'doctor', 'golden_documents', 'golden_packages', 'hostile'],
  ...['identity_vectors', 'pack', 'raced', 'replay', 'repository_crash', 'sign_and_compare', 'transaction'],
  'undo',
]

/** Returns where it lies. */
export function buildAddon() {
  const env = { ...environment, RUSTFLAGS: rustFlags() }
  run('cargo', ['build', '--release', '--package', 'peipkg-native'], { env })
  return `${root}${released}/libpeipkg_native.so`
}

/** Holds it against what every addon has to be. */
export function assertAddon(path) {
  const problems = problemsOf(path)
  for (const problem of problems) console.log(`FAIL the addon ${problem}`)
  return problems.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Runs the quick ones, or all, or those whose name contains `filter`, and counts. */
export async function runNativeTests(filter) {
  const skipped = filter === undefined ? [...IMPOSSIBLE, ...SLOW] : IMPOSSIBLE
  for (const [name, reason] of [...LEFT_OUT, ...skipped]) console.log(`left out: ${name}: ${reason}`)
  const args = [
    ...['test', '--package', 'peipkg-core', '--features', 'faults', '--no-fail-fast', '--lib'],
    ...TESTS.flatMap((name) => ['--test', name]),
    '--',
    ...(filter === undefined || filter === 'all' ? [] : [filter]),
    ...skipped.flatMap(([name]) => ['--skip', name]),
  ]
  console.log(`\n$ cargo ${args.join(' ')}`)
  const child = spawn('cargo', args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    process.stdout.write(chunk)
    text += chunk
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  const results = [...text.matchAll(/^test result: .*? (\d+) passed; (\d+) failed/gm)]
  const sum = (index) => results.reduce((total, result) => total + Number(result[index]), 0)
  // A program that does not compile, or dies, has no line of its own.
  return { passed: sum(1), failed: Math.max(sum(2), code === 0 ? 0 : 1) }
}
