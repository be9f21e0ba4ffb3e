/** Configuration files that wait to be merged. */
import type { PendingConfigurationReport, System } from '../native/system.ts'

/** By path; what could not be looked into comes with its reasons. */
export function pendingConfiguration(system: System): PendingConfigurationReport {
  return system.pendingConfiguration()
}
