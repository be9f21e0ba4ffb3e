/** What is installed. */
import type { System } from '../native/system.ts'
import { orphanReasons } from '../repository/orphans.ts'

export interface ListedPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** The repository that it came from; null for a local file. */
  readonly origin: string | null
  readonly reason: 'explicit' | 'dependency'
  readonly held: boolean
  /** Its repository is configured no more, or has no accepted key left: it gets no upgrades. */
  readonly orphaned: boolean
}

/** By name. `now`: seconds since 1970. */
export function listInstalled(system: System, now: number): readonly ListedPackage[] {
  const orphanReason = orphanReasons(system, now)
  return system.listPackages().map(({ name, version, architecture, origin, reason, held }) => ({
    ...{ name, version, architecture, origin, reason, held },
    orphaned: orphanReason(origin) !== null,
  }))
}
