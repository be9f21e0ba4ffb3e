/** The environment of a build script: exactly these variables and the declared ones, nothing of the caller's. */

export interface BuildDirectories {
  readonly source: string
  readonly destdir: string
}

/** Set by peipkg-build itself; `--build-env` may not name them. */
const reservedNames: readonly string[] = [
  'SOURCE_DIR',
  'DESTDIR',
  'SOURCE_DATE_EPOCH',
  'LC_ALL',
  'TZ',
  'PATH',
]

/** What is wrong with a name for `--build-env`; undefined when nothing is. */
export function environmentNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `"${name}" is not a name of letters, digits and "_"`
  if (reservedNames.includes(name)) return `${name} is set by peipkg-build itself`
  return undefined
}

/** `timestamp`: RFC 3339 UTC; `path`: the caller's PATH, left out when the caller has none. */
export function scriptEnvironment(
  directories: BuildDirectories,
  timestamp: string,
  path: string | undefined,
  declared: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...declared,
    SOURCE_DIR: directories.source,
    DESTDIR: directories.destdir,
    SOURCE_DATE_EPOCH: String(Date.parse(timestamp) / 1000),
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(path === undefined ? {} : { PATH: path }),
  }
}
