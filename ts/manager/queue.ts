/** The triggers that wait to be handled: in order of arrival, each tag of a recipe once, bounded. */
import type { Trigger } from './model.ts'

export interface TriggerQueue {
  readonly size: number
  /** Waits while the queue is full, until `signal` aborts. A trigger that waits already is replaced, in its place. */
  push(trigger: Trigger, signal: AbortSignal): Promise<void>
  /** The next trigger; waits for one. Undefined once the queue is closed; after `finish`, once it is empty. */
  take(): Promise<Trigger | undefined>
  /** Nothing more comes. */
  finish(): void
  /** Nothing more is handed out. */
  close(): void
}

export function createQueue(capacity = 1024): TriggerQueue {
  const waiting = new Map<string, Trigger>()
  let state: 'open' | 'finished' | 'closed' = 'open'
  let changed = () => {}
  let change = new Promise<void>(() => {})
  const next = () => {
    changed()
    change = new Promise((resolve) => {
      changed = resolve
    })
  }
  next()
  return {
    get size() {
      return waiting.size
    },
    async push(trigger, signal) {
      const key = `${trigger.recipe.id}\0${trigger.tag}`
      const stopped = waiting.size < capacity ? undefined : aborted(signal)
      while (state === 'open' && !signal.aborted && waiting.size >= capacity && !waiting.has(key)) {
        await Promise.race([change, stopped])
      }
      if (state !== 'open' || signal.aborted) return
      waiting.set(key, trigger)
      next()
    },
    async take() {
      while (state !== 'closed') {
        const [first] = waiting
        if (first !== undefined) {
          waiting.delete(first[0])
          next()
          return first[1]
        }
        if (state === 'finished') return undefined
        await change
      }
      return undefined
    },
    finish() {
      if (state === 'open') state = 'finished'
      next()
    },
    close() {
      state = 'closed'
      next()
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
