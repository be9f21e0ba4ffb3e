/** Paths, one a line and escaped, or as they are with NUL behind each: for `xargs -0`. */
import { escapeText } from '../../native/escape.ts'

export function renderPaths(paths: readonly string[], zero: boolean): string {
  return paths.map((path) => (zero ? `${path}\0` : `${escapeText(path)}\n`)).join('')
}
