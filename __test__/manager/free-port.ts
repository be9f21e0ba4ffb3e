/** A port for a server whose configuration names one. */
import { createServer } from 'node:net'

/** Below what the kernel gives to connections and to servers that ask for any: nobody gets it by chance before it is used. */
const FIRST = 15_000
const COUNT = 15_000

/** Processes begin at places of their own. */
let next = (process.pid * 37) % COUNT

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + next
    next = (next + 1) % COUNT
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
