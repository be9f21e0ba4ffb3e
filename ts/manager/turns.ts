/** Jobs, uploads and new signatures happen one after the other. */

export interface Turns {
  /** Resolves when everything that was asked for earlier, and `action`, has ended. `action` does not throw. */
  take(action: () => Promise<void>): Promise<void>
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve()
  return {
    take(action) {
      last = last.then(action)
      return last
    },
  }
}
