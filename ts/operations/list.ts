/** What is installed. */
import type { System } from '../native/system.ts'

export interface ListedPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** The repository that it came from; null for a local file. */
  readonly origin: string | null
  readonly reason: 'explicit' | 'dependency'
  readonly held: boolean
  /** Its repository is configured no more: it gets no upgrades. */
  readonly orphaned: boolean
}

/** By name. */
export function listInstalled(system: System): readonly ListedPackage[] {
  const configured = new Set(system.readConfiguration().map(({ name }) => name.replace(/\.repo$/, '')))
  return system.listPackages().map(({ name, version, architecture, origin, reason, held }) => ({
    ...{ name, version, architecture, origin, reason, held },
    orphaned: origin !== null && !configured.has(origin),
  }))
}
