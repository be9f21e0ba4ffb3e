/** Runs a program with a terminal of its own, as a person would: `script` (util-linux) makes the terminal. */
import { spawn } from 'node:child_process'

export interface Shown {
  readonly code: number | null
  /** What was printed, with plain line ends. */
  readonly shown: string
}

/** What a question ends with. */
const question = /\[(?:y\/N|r\/k\/A)\] /g

/** `input` is typed ahead, as it stands; then the terminal is closed. */
export function onTerminal(
  words: readonly string[],
  input: string,
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  const { child, ended } = start(words, cwd, environment)
  child.stdin.end(input)
  return ended
}

/** Types each of `answers` once a question was shown; a question beyond them finds the terminal closed. */
export function answering(words: readonly string[], answers: readonly string[], cwd: string): Promise<Shown> {
  const { child, ended } = start(words, cwd, {})
  let shown = ''
  let asked = 0
  child.stdout.on('data', (text: string) => {
    shown += text
    for (; (shown.match(question)?.length ?? 0) > asked; asked++) {
      const answer = answers[asked]
      if (answer === undefined) child.stdin.end()
      else child.stdin.write(`${answer}\n`)
    }
  })
  return ended
}

function start(words: readonly string[], cwd: string, environment: Readonly<Record<string, string>>) {
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
  child.stdin.on('error', () => undefined)
  const ended = new Promise<Shown>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, shown: shown.replaceAll('\r\n', '\n') }))
  })
  return { child, ended }
}
