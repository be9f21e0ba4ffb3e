/**
 * What a job sees of the file system, whichever sandbox makes it: the system read-only, its own directories, nothing of
 * the worker's. Paths inside are the same on every machine, so that builds on two of them can give the same bytes.
 */
import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** A step of making the root, in order. `from`: a path of this system, or what a link says. */
export interface Mount {
  /** `hide`: an empty file or directory lies over it, as `from` is one or the other. */
  readonly kind: 'read' | 'write' | 'link' | 'hide'
  readonly from: string
  readonly to: string
}

/** The system, as far as it is there. Not `/var`, `/run`, `/home`, `/root`, `/srv`: what lies there is somebody's. */
const system = ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'opt', 'etc', 'nix', 'gnu']

/** Where configuration lies that may hold secrets, which root could read in a sandbox too. */
const guarded = ['/etc', '/usr/local/etc']

export interface LayoutRequest {
  /** Directory of this system → its path inside; the job may write there. */
  readonly writable: Readonly<Record<string, string>>
  /** The same, which it may only read. */
  readonly readable: Readonly<Record<string, string>>
  readonly network: boolean
}

export function layoutOf({ writable, readable, network }: LayoutRequest): readonly Mount[] {
  const base = system.flatMap(systemMount)
  const hidden = process.getuid?.() === 0 ? guarded.flatMap(privateBelow) : []
  return [
    ...base,
    ...hidden.map(({ path }): Mount => ({ kind: 'hide', from: path, to: path })),
    ...(network ? resolverMount(base) : []),
    ...Object.entries(writable).map(([from, to]): Mount => ({ kind: 'write', from, to })),
    // After them: what is to be read may lie below /tmp, where the job has a directory of its own.
    ...Object.entries(readable).map(([from, to]): Mount => ({ kind: 'read', from, to })),
  ]
}

/** Paths of `wanted` that the system part does not show already, at their own places. */
export function extraReadable(wanted: readonly string[]): Readonly<Record<string, string>> {
  const shown = (path: string) => system.some((name) => `${path}/`.startsWith(`/${name}/`))
  return Object.fromEntries(wanted.filter((path) => !shown(path)).map((path) => [path, path]))
}

function systemMount(name: string): readonly Mount[] {
  const path = `/${name}`
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isSymbolicLink()) return [{ kind: 'link', from: readlinkSync(path), to: path }]
  return found?.isDirectory() ? [{ kind: 'read', from: path, to: path }] : []
}

/** The file with the name servers is often a link to a place that is not shown. */
function resolverMount(base: readonly Mount[]): readonly Mount[] {
  if (!existsSync('/etc/resolv.conf')) return []
  const real = realpathSync('/etc/resolv.conf')
  if (base.some(({ kind, to }) => kind === 'read' && real.startsWith(`${to}/`))) return []
  return [{ kind: 'read', from: real, to: real }]
}

interface Hidden {
  readonly path: string
}

/** What is not for everybody's eyes. Root's worker passes as the owner inside a user namespace as well. */
function privateBelow(directory: string): readonly Hidden[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isSymbolicLink()) return []
    const mode = lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0o777
    if (entry.isDirectory()) return (mode & 0o005) === 0o005 ? privateBelow(path) : [{ path }]
    return (mode & 0o004) === 0 ? [{ path }] : []
  })
}
