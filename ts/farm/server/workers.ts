/** Workers as the server knows them: what they say of themselves, and whether they are there. */
import type { ClaimRequest } from '../api/attempt.ts'
import type { Context, Worker } from './context.ts'

/** Whether a worker gets nothing more: told to drain, or all of its platforms were dropped. */
export function isDrained({ workers, dropped }: Context, name: string): boolean {
  const worker = workers.get(name)
  if (worker === undefined) return false
  return worker.drain || worker.platforms.every((platform) => dropped.has(platform))
}

/** Whether it asks for work, as far as is known. */
export function isThere({ clock, times }: Context, { stopped, seenAt }: Worker): boolean {
  return !stopped && clock.now() - seenAt < times.workerLimit
}

/** What a worker says of itself is kept for the day after a restart. */
export async function noteWorker(context: Context, request: ClaimRequest): Promise<void> {
  const { workers, engine, clock } = context
  const { worker, instance, platforms, architecture, labels, sandboxes, capabilities } = request
  const known = workers.get(worker)
  const offer = { worker, platforms, architecture, labels, sandboxes, capabilities }
  const same =
    known?.stopped === false && JSON.stringify({ ...known, ...offer }) === JSON.stringify({ ...known })
  const now = clock.now()
  if (same) {
    known.seenAt = now
    known.instance = instance
    return
  }
  workers.set(worker, { ...offer, instance, drain: known?.drain ?? false, stopped: false, seenAt: now })
  await engine.query(
    `insert into farm.workers (name, platforms, architecture, labels, sandboxes, capabilities, seen_at)
     values ($1, $2, $3, $4::jsonb, $5, $6, $7)
     on conflict (name) do update set platforms = excluded.platforms, architecture = excluded.architecture,
       labels = excluded.labels, sandboxes = excluded.sandboxes, capabilities = excluded.capabilities,
       stopped = false, seen_at = excluded.seen_at`,
    [worker, platforms, architecture, JSON.stringify(labels), sandboxes, capabilities, now],
  )
}

/** It takes its leave. What another process of its name says later counts more. */
export async function noteLeave(
  { workers, engine, clock }: Context,
  name: string,
  instance: string,
): Promise<void> {
  const worker = workers.get(name)
  // After a restart of the server nobody knows which one it was.
  if (worker === undefined || (worker.instance !== instance && worker.instance !== '')) return
  worker.stopped = true
  worker.seenAt = clock.now()
  await engine.query('update farm.workers set stopped = true, seen_at = $2 where name = $1', [
    ...[name, worker.seenAt],
  ])
}

/** Machines that were made for one job each would stay in the list for ever. Those that are drained stay so. */
export async function forgetWorkers({ workers, live, engine }: Context, before: number): Promise<void> {
  const busy = new Set([...live.values()].map(({ worker }) => worker))
  const old = [...workers.values()].filter(
    ({ worker, seenAt, drain }) => seenAt < before && !drain && !busy.has(worker),
  )
  if (old.length === 0) return
  const names = old.map(({ worker }) => worker)
  for (const name of names) workers.delete(name)
  await engine.query('delete from farm.workers where name = any($1)', [names])
}
