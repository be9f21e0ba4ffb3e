/** `https://packages.example.org` on loopback: a proxy leads there whatever the host is called. */
import { readFileSync } from 'node:fs'
import { createServer as createProxy } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { fixtures } from '../recipes.ts'

export const certificate = join(fixtures, 'tls', 'certificate.pem')

export interface Site {
  /** The address for HTTPS_PROXY. */
  readonly proxy: string
  close(): Promise<void>
}

/** Serves the files of `directory`. */
export async function openSite(directory: string): Promise<Site> {
  const server = createServer(
    { key: readFileSync(join(fixtures, 'tls', 'key.pem')), cert: readFileSync(certificate) },
    (request, response) => {
      try {
        response.end(readFileSync(join(directory, new URL(request.url ?? '', 'https://x').pathname)))
      } catch {
        response.writeHead(404).end()
      }
    },
  )
  const port = await listen(server)
  const proxy = createProxy()
  proxy.on('connect', (_, client, head) => {
    const tunnel = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      tunnel.write(head)
      tunnel.pipe(client).pipe(tunnel)
    })
    tunnel.on('error', () => client.destroy())
    client.on('error', () => tunnel.destroy())
  })
  const address = `http://127.0.0.1:${await listen(proxy)}`
  return {
    proxy: address,
    async close() {
      server.closeAllConnections()
      await Promise.all([server, proxy].map((one) => new Promise((resolve) => one.close(resolve))))
    },
  }
}

async function listen(server: ReturnType<typeof createProxy>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
