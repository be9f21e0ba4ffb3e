// The network between workers and server, which can be cut, refuse, or swallow what passes.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** `port` may change: the server comes back elsewhere. */
export async function openNetwork(address) {
  const open = new Set()
  const state = { mode: 'open', address }
  const server = createServer((near) => {
    if (state.mode === 'refuse') return near.resetAndDestroy()
    const [host, port] = state.address.split(':')
    const far = connect({ host, port: Number(port) })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      open.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
      from.on('data', (chunk) => {
        // A black hole: both sides believe that they are connected.
        if (state.mode !== 'hole' && !to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
      from.on('end', () => to.end())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** open, refuse or hole. What was swallowed is lost: the connections are cut when the hole closes. */
    become(mode) {
      const wasHole = state.mode === 'hole'
      state.mode = mode
      if (wasHole) this.cut()
    },
    cut() {
      for (const socket of open) socket.resetAndDestroy()
    },
    close() {
      this.cut()
      server.close()
    },
  }
}
