/** Lets so many run at a time; the others wait in the order they came. */

export interface Slots {
  /** Undefined when `signal` aborted before there was a slot. */
  use<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T | undefined>
}

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count
  const acquire = async () => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const release = () => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    async use(signal, action) {
      await acquire()
      try {
        return signal.aborted ? undefined : await action()
      } finally {
        release()
      }
    },
  }
}
