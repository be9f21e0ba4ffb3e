/** What every executable does first: `--version` before anything else is loaded, then the program itself. */
import { writeSync } from 'node:fs'
import { reasonOf } from '../native/errors.ts'
import { version } from './version.ts'

/** What a program's table of commands exports; everything that every command needs is loaded with it, as one file. */
interface Loaded {
  readonly run: (argv: readonly string[]) => Promise<number>
}

/** Sets the exit code; the process ends when its work is done. */
export async function main(name: string, load: () => Promise<Loaded>): Promise<void> {
  const argv = process.argv.slice(2)
  if (argv[0] === '--version' || argv[0] === '-version') {
    printVersion(name)
    return
  }
  process.exitCode = await (await load()).run(argv)
}

function printVersion(name: string): void {
  try {
    writeSync(1, `${name} ${version}\n`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return
    writeSync(2, `${name}: cannot write to stdout: ${reasonOf(error)}\n`)
    process.exitCode = 1
  }
}
