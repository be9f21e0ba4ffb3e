/** Names, versions, constraints and architectures (PSD-009 §2), compared by the core. */
import { guard } from './addon.ts'

/** -1, 0 or 1. Throws PEI_VERSION_INVALID. */
export function compareVersions(left: string, right: string): number {
  return guard((native) => native.compareVersions(left, right))
}

/** Throws PEI_VERSION_INVALID or PEI_CONSTRAINT_INVALID. */
export function matchesConstraint(version: string, constraint: string): boolean {
  return guard((native) => native.matchesConstraint(version, constraint))
}

/** Throws PEI_NAME_INVALID, naming the rule, when `name` is not a package name. */
export function checkName(name: string): void {
  guard((native) => native.checkName(name))
}

/** The architecture of this machine in the words of §2.3, as `x86_64`. */
export function machineArchitecture(): string {
  return guard((native) => native.machineArchitecture())
}
