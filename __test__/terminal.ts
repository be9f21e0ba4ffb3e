/** Runs a program with a terminal of its own, as a person would: `script` (util-linux) makes the terminal. */
import { spawn } from 'node:child_process'

/** `input` is typed as it stands; then the terminal is closed. What was printed comes back with plain line ends. */
export function onTerminal(
  words: readonly string[],
  input: string,
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', TERM: 'dumb', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, shown: shown.replaceAll('\r\n', '\n') }))
  })
}
