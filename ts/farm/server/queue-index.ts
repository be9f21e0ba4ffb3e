/** What waits, in memory: so that a claim knows which queue to fetch from, and a person why something waits. */
import type { Needs } from './needs.ts'

export interface Waiting {
  readonly execution: string
  readonly priority: number
  readonly createdAt: number
}

export interface Queue {
  readonly name: string
  readonly needs: Needs
  readonly waiting: ReadonlyMap<string, Waiting>
}

export interface QueueIndex {
  add(queue: string, needs: Needs, waiting: Waiting): void
  remove(execution: string): void
  clear(): void
  /** Those that are not empty. */
  queues(): Iterable<Queue>
  queueOf(execution: string): Queue | undefined
}

export function createQueueIndex(): QueueIndex {
  const queues = new Map<string, { name: string; needs: Needs; waiting: Map<string, Waiting> }>()
  const places = new Map<string, string>()
  return {
    add(name, needs, waiting) {
      const queue = queues.get(name) ?? { name, needs, waiting: new Map() }
      queues.set(name, queue)
      queue.waiting.set(waiting.execution, waiting)
      places.set(waiting.execution, name)
    },
    remove(execution) {
      const name = places.get(execution)
      if (name === undefined) return
      places.delete(execution)
      const queue = queues.get(name)
      queue?.waiting.delete(execution)
      if (queue?.waiting.size === 0) queues.delete(name)
    },
    clear() {
      queues.clear()
      places.clear()
    },
    queues: () => queues.values(),
    queueOf: (execution) => queues.get(places.get(execution) ?? ''),
  }
}

/** The one that the engine gives next: by priority, then by age. */
export function headOf(queue: Queue): Waiting | undefined {
  let head: Waiting | undefined
  for (const waiting of queue.waiting.values())
    if (head === undefined || precedes(waiting, head)) head = waiting
  return head
}

export function precedes(left: Waiting, right: Waiting): boolean {
  if (left.priority !== right.priority) return left.priority > right.priority
  return left.createdAt < right.createdAt
}
