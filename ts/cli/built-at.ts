/** When this program was built: packages give their files that time (PSD-009 §3.1). */
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Seconds since 1970; 0 where it cannot be told. */
export function builtAt(): number {
  const found = statSync(fileURLToPath(import.meta.url), { throwIfNoEntry: false })
  return found === undefined ? 0 : Math.floor(found.mtimeMs / 1000)
}
