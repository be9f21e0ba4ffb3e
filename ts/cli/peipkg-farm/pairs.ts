/** Options of the form NAME=VALUE, and what else of a job is given as text. */
import { UsageError } from '../usage-error.ts'

/** `missing`: the value of a name alone; without it there has to be one. */
export function parsePairs(
  option: string,
  pairs: readonly string[],
  missing?: string,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const pair of pairs) {
    const [, name = '', value = missing] = /^([^=]+)(?:=([\s\S]*))?$/.exec(pair) ?? []
    if (name === '' || value === undefined || name === '__proto__') {
      throw new UsageError('malformed', `option ${option} is NAME=VALUE, not "${pair}"`)
    }
    result[name] = value
  }
  return result
}

export interface GitReference {
  readonly git: string
  readonly ref: string
  /** Below the tree; empty: its root. */
  readonly directory: string
}

/** `git+https://example.org/x.git#refs/tags/v1`, with `:recipes/x` behind it where a directory is meant. */
export function parseGitReference(what: string, text: string): GitReference {
  const [, git, ref, directory = ''] = /^git\+([^#\s]+)#([^#:\s]+)(?::(.*))?$/.exec(text) ?? []
  if (git !== undefined && ref !== undefined) return { git, ref, directory }
  throw new UsageError('malformed', `${what} is of the form git+URL#REFERENCE, not "${text}"`)
}
