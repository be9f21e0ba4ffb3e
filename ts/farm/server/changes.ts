/** Changes of the tables, one after the other (see `Changes`). */
import type { Engine } from '../engine/engine.ts'
import type { Changes } from './context.ts'
import { Refusal } from './refusal.ts'

/** `settled`: called after each change, for what may have become possible. */
export function createChanges(engine: Engine, settled: () => void): Changes {
  let last: Promise<unknown> = Promise.resolve()
  let doubted = false
  return {
    run(work) {
      const result = last.then(async () => {
        const actions: (() => void)[] = []
        try {
          const value = await engine.transaction((tx) =>
            work({ tx, after: (action) => actions.push(action) }),
          )
          for (const action of actions) action()
          settled()
          return value
        } catch (error) {
          // A commit that was not answered may have happened.
          if (!(error instanceof Refusal)) doubted = true
          throw error
        }
      })
      last = result.catch(() => undefined)
      return result
    },
    doubt() {
      doubted = true
    },
    get doubted() {
      return doubted
    },
    trusted() {
      doubted = false
    },
  }
}
