/** What may go wrong when a build script runs as `sh`: its syntax, and what only other shells know. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Scripts are small; what comes after this is not looked at. */
const MOST_BYTES = 1024 * 1024

/** Milliseconds that `sh -n`, which runs nothing, may take. */
const LONGEST = 10_000

/** What other shells know and `sh` may not, by what it looks like on a line. */
const bashisms: readonly (readonly [RegExp, string])[] = [
  [/(^|[;&|]|\s)\[\[\s/, '"[[ … ]]" (write "[ … ]")'],
  [/(^|[;&|])\s*function\s+\w/, '"function name" (write "name()")'],
  [/(^|[;&|]|then|do|else)\s*source\s/, '"source" (write ".")'],
  [/<<</, '"<<<" (write printf … |)'],
  [/(^|\s)[<>]\(/, '"<(…)", ">(…)"'],
  [/&>/, '"&>" (write ">file 2>&1")'],
  [/(^|\s)\w+=\(/, 'an array'],
  [/\$\{\w+(\[|\/|:\d|: -\d|\^|,)/, 'an expansion that POSIX does not have'],
  [/\$'/, '"$\'…\'" (write printf)'],
  [/(^|\s)\[\s[^\]]*\s==\s/, '"==" in "[ … ]" (write "=")'],
  [/(^|[;&|]|then|do|else)\s*(declare|typeset|let|pushd|popd|shopt)\s/, 'a command that is built into bash'],
  [/(^|[;&|])\s*set\s+-o\s+pipefail/, '"set -o pipefail"'],
  [/(^|[;&|]|then|do|else)\s*echo\s+-[neE]+\s/, '"echo" with options (write printf)'],
]

/** Warnings, each with file and line. Nothing of the script is run. */
export async function lintScript(script: string): Promise<readonly string[]> {
  const syntax = await syntaxErrors(script)
  const lines = readFileSync(script).subarray(0, MOST_BYTES).toString('utf8').split('\n')
  return [...syntax, ...shebangWarning(lines[0] ?? '', script), ...lines.flatMap(lineWarnings(script))]
}

function lineWarnings(script: string): (line: string, index: number) => readonly string[] {
  return (line, index) => {
    if (/^\s*#/.test(line)) return []
    // What stands in single quotes is for another program.
    const code = line.replaceAll(/(?<!\$)'[^']*'/g, "''")
    return bashisms
      .filter(([pattern]) => pattern.test(code))
      .map(([, what]) => `${script}:${index + 1}: sh may not know ${what}`)
  }
}

function shebangWarning(line: string, script: string): readonly string[] {
  const [, shell] = /^#!.*\b(bash|zsh|ksh|fish|python3?|perl)\b/.exec(line) ?? []
  return shell === undefined ? [] : [`${script}:1: the script asks for ${shell}, but it is run by sh`]
}

/** What `sh -n` says, its own name replaced: `FILE: 3: Syntax error: …` in one shell, `FILE: line 3: …` in another. */
function syntaxErrors(script: string): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-n', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: LONGEST,
      killSignal: 'SIGKILL',
    })
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      if (text.length < MOST_BYTES) text += part
    })
    child.on('error', () => resolve([]))
    child.on('close', (code) => resolve(code === 0 ? [] : messages(text, script)))
  })
}

function messages(text: string, script: string): readonly string[] {
  const said = text.split('\n').filter((line) => line.trim() !== '')
  return said.slice(0, 5).map((line) => {
    const [, number, message] = /^.*?: (?:line )?(\d+): (.*)$/.exec(line) ?? []
    return message === undefined ? `${script}:1: sh -n: ${line}` : `${script}:${number}: sh -n: ${message}`
  })
}
