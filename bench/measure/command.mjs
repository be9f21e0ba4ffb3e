// Measures a command with everything that it starts: bash's `time` (what wait4 says, in milliseconds) for wall and CPU,
// GNU time for the peak of the largest process. Without GNU time the peak is what /proc shows every 20 ms.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { environment } from '../workload/programs.mjs'
import { watchPeak } from './peak.mjs'
import { othersSince, readProcessors } from './processors.mjs'

const GNU_TIME = '/usr/bin/time'
const SCRIPT = `TIMEFORMAT='%3R %3U %3S'
out=$1; shift
{ time "$@" >"$out/stdout" 2>"$out/stderr"; } 2>"$out/times"`

/** `{ wall, cpu, peak, others }`: seconds, seconds, bytes, and the share of the processors that others used meanwhile. */
export async function measure(command, { cwd, scratch }) {
  const out = mkdtempSync(join(scratch, 'measured-'))
  const gnuTime = existsSync(GNU_TIME) ? [GNU_TIME, '-q', '-f', '%M', '-o', join(out, 'peak')] : []
  try {
    const before = readProcessors()
    const child = spawn('bash', ['-c', SCRIPT, 'measure', out, ...gnuTime, ...command], {
      cwd,
      env: environment(),
      stdio: 'ignore',
    })
    const watched = gnuTime.length === 0 ? watchPeak(child.pid) : undefined
    const code = await ended(child)
    if (code !== 0) throw new Error(failure(command, code, out))
    const [wall, user, system] = readFileSync(join(out, 'times'), 'utf8').trim().split(' ').map(Number)
    const cpu = user + system
    const peak = watched?.() ?? Number(readFileSync(join(out, 'peak'), 'utf8')) * 1024
    return { wall, cpu, peak, others: othersSince(before, cpu) }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
}

function failure(command, code, out) {
  const shown = command.join(' ').slice(0, 300)
  const lines = readFileSync(join(out, 'stderr'), 'utf8').trim().split('\n').slice(-8).join('\n')
  return `${shown} ended with ${code}:\n${lines}`
}
