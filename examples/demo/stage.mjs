// Runs the demo's commands in front of an audience: the command first, then its output as it comes, then the time.
import { spawn } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/', import.meta.url))
const coloured = process.stdout.isTTY === true && process.env.NO_COLOR === undefined

const bold = (text) => (coloured ? `\x1b[1m${text}\x1b[0m` : text)
const dim = (text) => (coloured ? `\x1b[2m${text}\x1b[0m` : text)

/**
 * A stage for the scratch directory: `title`, `say`, `run`, `capture`, `start`, and what the summary needs. `more`: what the commands
 * find in their environment besides.
 */
export function openStage(scratch, more = {}) {
  const acts = []
  const started = new Set()
  let running
  let interrupted
  const interrupt = (signal) => {
    interrupted ??= signal
    running?.kill(signal)
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)

  /** Announces the next part of the demo. */
  function title(text) {
    acts.push({ title: text, started: performance.now() })
    console.log(`\n${bold(`${acts.length}. ${text}`)}`)
  }

  function say(text) {
    console.log(text)
  }

  /**
   * Runs a command in the scratch directory. `expect`: the exit code that is no failure. The programs of this package are
   * run from bin/, whatever is installed.
   */
  async function run(command, args, { expect = 0, stdout = 'inherit', quiet = false } = {}) {
    if (interrupted !== undefined) throw new Interruption(interrupted)
    if (quiet) return (await perform(command, args, 'pipe', true)).text
    console.log(`\n${bold(`$ ${[command, ...args].map(quoted).join(' ')}`)}`)
    const began = performance.now()
    const { code, text } = await perform(command, args, stdout)
    console.log(dim(`  (${seconds(performance.now() - began)}${code === 0 ? '' : `, exit code ${code}`})`))
    if (interrupted !== undefined) throw new Interruption(interrupted)
    if (code !== expect) throw new Error(`${command} ended with exit code ${code}; ${expect} was expected`)
    return text
  }

  /** As `run`, and returns what was printed. `quiet`: nothing is shown. */
  function capture(command, args, options = {}) {
    return run(command, args, { stdout: 'pipe', ...options })
  }

  function launch(command, args, stdio) {
    const program = command.startsWith('peipkg') ? [process.execPath, bin + command] : [command]
    const env = { ...quietEnvironment(scratch), ...more }
    return spawn(program[0], [...program.slice(1), ...args], { cwd: scratch, env, stdio })
  }

  /** A program that goes on until `end`; what it says is shown between the other lines. */
  function start(command, args) {
    console.log(`\n${bold(`$ ${[command, ...args].map(quoted).join(' ')} &`)}`)
    const child = launch(command, args, ['ignore', 'inherit', 'inherit'])
    started.add(child)
    child.on('close', () => started.delete(child))
    child.on('error', () => started.delete(child))
    return child
  }

  /** Ends all that was started; the last one first. */
  async function end() {
    for (const child of [...started].reverse()) {
      const closed = new Promise((resolve) => child.on('close', resolve))
      child.kill('SIGTERM')
      await closed
    }
  }

  function perform(command, args, stdout, quiet = false) {
    const child = launch(command, args, ['ignore', stdout, quiet ? 'ignore' : 'inherit'])
    running = child
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      if (!quiet) process.stdout.write(chunk)
    })
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => {
        running = undefined
        resolve({ code, text })
      })
    })
  }

  /** Every act with its time. */
  function times() {
    const ends = [...acts.slice(1).map((act) => act.started), performance.now()]
    return acts.map((act, index) => ({ title: act.title, milliseconds: ends[index] - act.started }))
  }

  return { title, say, run, capture, start, end, times }
}

export class Interruption extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`)
    this.exitCode = signal === 'SIGINT' ? 130 : 143
  }
}

export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(milliseconds < 995 ? 2 : 1)} s`
}

/** What the commands see of the outside: PATH and the terminal. Whatever they write goes into the scratch directory. */
function quietEnvironment(scratch) {
  const inherited = ['TERM', 'NO_COLOR', 'LANG']
  const kept = inherited.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  )
  // The programs start one another from PATH.
  const path = [bin, process.env.PATH ?? ''].join(delimiter)
  return { ...Object.fromEntries(kept), PATH: path, HOME: scratch, TMPDIR: scratch }
}

/** As a shell would want it. */
function quoted(word) {
  return /^[A-Za-z0-9_@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
