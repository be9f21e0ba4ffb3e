/** Programs that a test may do without. */
import { spawnSync } from 'node:child_process'

/** Says once what is skipped for the want of one. `ask`: what it tells its version for. */
export function installed(program: string, ask = 'version'): boolean {
  const known = found.get(program)
  if (known !== undefined) return known
  const there = program.startsWith('peipkg-') || spawnSync(program, [ask]).status === 0
  if (!there) process.stderr.write(`skipped: tests that need ${program}, which is not installed here\n`)
  found.set(program, there)
  return there
}

const found = new Map<string, boolean>()
