/** A command on a terminal, as a person runs it. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { screen } from '../cli/screen.ts'

export interface Ended {
  /** What stands on the screen, the answers too. */
  readonly output: string
  readonly code: number
}

/** What a question ends with. */
const question = /\[(?:y\/N|r\/k\/A)\] /g

/** Runs `script` with bash in `directory/home`, and answers each question once it was asked. */
export async function runOnTerminal(
  directory: string,
  script: string,
  answers: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  const file = join(directory, 'command')
  writeFileSync(file, `stty columns 110 -echo\n${script}\n`)
  const child = spawn('script', ['--quiet', '--return', '--command', `bash ${file}`, '/dev/null'], {
    cwd: join(directory, 'home'),
    env,
  })
  let output = ''
  let answered = 0
  child.stdin.on('error', () => undefined)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    for (; (output.match(question)?.length ?? 0) > answered; answered++) {
      // A question that the page does not answer is answered with no, and shows.
      const answer = answers[answered] ?? 'n'
      output += `${answer}\n`
      child.stdin.write(`${answer}\n`)
    }
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 1))
  })
  return { output: shownOn(output), code }
}

/** What is left when lines were moved over: progress, above all. Long lines stay whole. */
function shownOn(output: string): string {
  const { write, lines } = screen(Number.POSITIVE_INFINITY, 24)
  write(output.replaceAll('\r\n', '\n').replace(/\x1b\[[\d;?]*(?![AJK])[A-Za-z]/g, ''))
  return lines().join('\n')
}
