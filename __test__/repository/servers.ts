/** Real servers on loopback for tests. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestServer {
  /** Without slash at its end. */
  readonly url: string
  readonly requests: string[]
  close(): Promise<void>
}

export async function serve(listener: RequestListener): Promise<TestServer> {
  return await listen(createServer(), 'http', listener)
}

export interface Certificates {
  /** PEM. */
  readonly key: string
  readonly certificate: string
}

/** A certificate for 127.0.0.1 that signs itself. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
  execFileSync(
    'openssl',
    // biome-ignore format: one option a line is no easier to read
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', '/CN=peipkg test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  )
  const result = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') }
  rmSync(directory, { recursive: true })
  return result
}

export async function serveTls(certificates: Certificates, listener: RequestListener): Promise<TestServer> {
  const server = createTlsServer({ key: certificates.key, cert: certificates.certificate })
  return await listen(server, 'https', listener)
}

async function listen(server: Server, scheme: string, listener: RequestListener): Promise<TestServer> {
  const requests: string[] = []
  server.on('request', (request, response) => {
    requests.push(request.url ?? '')
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
