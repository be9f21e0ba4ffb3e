/** What every executable does first: `--version` before anything else is loaded, then the program itself. */
import { writeSync } from 'node:fs'
import type { Program } from './program.ts'
import { version } from './version.ts'

/** `load` imports the program's table of commands. Sets the exit code; the process ends when its work is done. */
export async function main(name: string, load: () => Promise<Program>): Promise<void> {
  const argv = process.argv.slice(2)
  if (argv[0] === '--version' || argv[0] === '-version') {
    writeSync(1, `${name} ${version}\n`)
    return
  }
  const [{ runProgram }, program] = await Promise.all([import('./program.ts'), load()])
  process.exitCode = await runProgram(program, argv)
}
