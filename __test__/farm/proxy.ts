/** A TCP proxy that behaves as bad networks do. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface BadNetwork {
  readonly url: string
  /**
   * `hole`: connections stay open, and nothing passes any more, either way, not even that one of them was closed. `deaf`: nothing comes
   * back any more.
   */
  mode: 'open' | 'hole' | 'deaf' | 'refuse'
  /** Sees what goes to the server before it goes on; true: from here on nothing of this connection passes, for ever. */
  watch: ((bytes: Buffer) => boolean) | undefined
  /** Bytes a second, each way; undefined: as fast as it goes. */
  rate: number | undefined
  /** Resets all connections that are open now. */
  cut(): void
  /** How many there were. */
  connections(): number
  close(): Promise<void>
}

/** How often what was held back is passed on, in milliseconds. */
const STEP = 20

export async function openProxy(port: number): Promise<BadNetwork> {
  const open = new Set<Socket>()
  let count = 0
  const state: Pick<BadNetwork, 'mode' | 'rate' | 'watch'> = {
    ...{ mode: 'open', rate: undefined, watch: undefined },
  }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (state.mode === 'refuse') {
      near.resetAndDestroy()
      return
    }
    count += 1
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => {})
    }
    const line = { lost: false }
    pass(near, far, line, false)
    pass(far, near, line, true)
  })

  function pass(from: Socket, to: Socket, line: { lost: boolean }, back: boolean): void {
    const held: Buffer[] = []
    let ended = false
    const step = setInterval(() => {
      if (to.destroyed) clearInterval(step)
      if (line.lost || isSilent(back)) return
      let left = state.rate === undefined ? Number.POSITIVE_INFINITY : (state.rate * STEP) / 1000
      while (left > 0 && held.length > 0) {
        const [first] = held as [Buffer]
        const part = first.subarray(0, left)
        to.write(part)
        left -= part.length
        if (part.length === first.length) held.shift()
        else held[0] = first.subarray(part.length)
      }
      if (held.length === 0 && ended) {
        clearInterval(step)
        to.end()
      } else if (held.length < 4) from.resume()
    }, STEP)
    from.on('data', (chunk: Buffer) => {
      if (!back && state.watch?.(chunk) === true) line.lost = true
      held.push(chunk)
      if (held.length >= 4) from.pause()
    })
    from.on('end', () => {
      ended = true
    })
    from.on('close', () => {
      // What it had said to its end is still passed on; that it broke off, unless nothing passes.
      if (ended) return
      clearInterval(step)
      if (state.mode === 'open') to.destroy()
    })
  }

  const isSilent = (back: boolean) => state.mode === 'hole' || (back && state.mode === 'deaf')

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mode() {
      return state.mode
    },
    set mode(mode) {
      state.mode = mode
    },
    get rate() {
      return state.rate
    },
    set rate(rate) {
      state.rate = rate
    },
    get watch() {
      return state.watch
    },
    set watch(watch) {
      state.watch = watch
    },
    cut() {
      for (const socket of open) socket.resetAndDestroy()
    },
    connections: () => count,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
