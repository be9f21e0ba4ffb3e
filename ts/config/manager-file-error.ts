/** A broken rule of the manager's configuration. Its message is the documented one; where it is, is told beside it. */
import { PeiError } from '../native/errors.ts'
import type { KeyPath } from './locate.ts'

export class ManagerFileError extends PeiError {
  readonly line: number | undefined
  /** The known key that an unknown one most likely meant, dotted. */
  readonly nearest: string | undefined

  constructor(message: string, line: number | undefined, nearest?: string, cause?: unknown) {
    super('PEI_CONFIG_INVALID', message, { cause })
    this.line = line
    this.nearest = nearest
  }
}

/** Throws with the line of the key, or of the nearest table around it; without line when there is not even that. */
export async function failAt(text: string, path: KeyPath, message: string, near?: string): Promise<never> {
  const { locate } = await import('./locate.ts')
  const [line] = path.length === 0 ? [] : locate(text, [path])
  throw new ManagerFileError(message, line, near)
}
