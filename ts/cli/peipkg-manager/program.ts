/** `peipkg-manager`: what the command line asks for (file 9, §2). */
import { requireAddon } from '../../native/addon.ts'
import { reasonOf } from '../../native/errors.ts'
import { escapeText } from '../../native/escape.ts'
import { createLogger, levels, parseLevel } from '../logger.ts'
import { version } from '../version.ts'
import { parseFlags } from './flags.ts'

/** Resolves with the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const line = parseFlags(argv)
  if (line.kind === 'version') {
    process.stdout.write(`peipkg-manager ${version}\n`)
    return 0
  }
  if (line.kind === 'end') {
    process.stderr.write(line.text)
    return line.code
  }
  const { flags } = line
  const level = parseLevel(flags.logLevel)
  if (level === undefined) {
    const given = JSON.stringify(escapeText(flags.logLevel))
    process.stderr.write(`peipkg-manager: unknown log level ${given} (want one of: ${levels.join(', ')})\n`)
    return 2
  }
  if (flags.check) return await (await import('./check.ts')).check(flags.config)
  try {
    requireAddon()
  } catch (error) {
    process.stderr.write(`peipkg-manager: ${escapeText(reasonOf(error))}\n`)
    return 1
  }
  const log = createLogger(level, (text) => process.stderr.write(text))
  return await (await import('./run.ts')).run(flags, log)
}
