/** Output as a page shows it: what differs from run to run is replaced. */
import { userInfo } from 'node:os'

export interface Places {
  readonly directory: string
  readonly root: string
  readonly home: string
  /** Ports of the page, and those that stood for them. */
  readonly ports: ReadonlyMap<string, string>
  /** Texts whose numbers differ, but for 0. */
  readonly always: readonly string[]
}

export function shown(printed: string, { root, home, directory, always, ports }: Places): string {
  const output = [...ports].reduce((text, [port, real]) => text.replaceAll(`:${real}`, `:${port}`), printed)
  const usual = always.reduce((text, one) => text.replaceAll(numbersOf(one), one), output)
  const placed = usual
    .replaceAll(`${root}/`, '/')
    .replaceAll(root, '/')
    .replaceAll(home, '~')
    .replaceAll(directory, '/tmp')
    // The root that pages do not name (session.ts) is part of the recorded command lines.
    .replaceAll(' --root /', '')
  return (
    placed
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '2026-06-01T09:30:00Z')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '2026-06-01T09:30:00Z')
      .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b')
      .replaceAll(/\d{4}-\d\d-\d\dT\d{6}Z/g, '2026-06-01T093000Z')
      .replaceAll(new RegExp(` by ${userInfo().username}( \\(logged in as uid \\d+\\))?$`, 'gm'), ' by root')
      // How far work had come whenever the terminal was told is another thing each time.
      .replaceAll(/^(download|verify|stage|commit)\b.* {2}100 % {2}.*\n/gm, '')
  )
}

const numbersOf = (text: string): RegExp =>
  new RegExp(text.replaceAll(/[+.()[\]]/g, '\\$&').replaceAll(/\d+/g, '[1-9]\\d*'), 'g')
