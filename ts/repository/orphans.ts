/** Installed packages whose repository vouches for them no more (file 4). */
import type { RepositoryRecord, System } from '../native/system.ts'

/** Why what came from `origin` is orphaned; null when it is not. */
export type OrphanReason = (origin: string | null) => string | null

/** `now`: seconds since 1970. */
export function orphanReasons(system: System, now: number): OrphanReason {
  const configured = new Set(system.readConfiguration().map(({ name }) => name.replace(/\.repo$/, '')))
  const keyless = new Set(
    system.repositories().flatMap((record) => (hasAcceptedKey(record, now) ? [] : [record.name])),
  )
  return (origin) => {
    if (origin === null) return null
    if (!configured.has(origin)) return `its repository "${origin}" is not configured any more`
    return keyless.has(origin) ? `no key of its repository "${origin}" is accepted any more` : null
  }
}

/** A repository in unsigned mode has no keys at all, and lost none. */
function hasAcceptedKey({ keys }: RepositoryRecord, now: number): boolean {
  return keys.length === 0 || keys.some((key) => key.held && isAccepted(key, now))
}

function isAccepted({ status, validUntil }: RepositoryRecord['keys'][number], now: number): boolean {
  if (status === 'active') return true
  return status === 'transitioning' && validUntil !== undefined && Date.parse(validUntil) / 1000 >= now
}
