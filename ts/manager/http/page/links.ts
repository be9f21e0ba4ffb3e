/** Addresses of the page's parts. */

export function recipePath(recipe: string): string {
  return `/recipes/${encodeURIComponent(recipe)}`
}

export function logPath(recipe: string, log: string): string {
  return `/logs/${encodeURIComponent(recipe)}/${encodeURIComponent(log)}`
}
