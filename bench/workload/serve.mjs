// Serves a directory over HTTP on loopback, as a process of its own: what it costs is not the client's.
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, normalize } from 'node:path'

const directory = process.argv[2]

const server = createServer((request, response) => {
  const path = join(directory, normalize(new URL(request.url, 'http://localhost').pathname))
  try {
    const { size } = statSync(path)
    response.writeHead(200, { 'content-length': size, 'content-type': 'application/octet-stream' })
    createReadStream(path, { highWaterMark: 1 << 20 }).pipe(response)
  } catch {
    response.writeHead(404).end()
  }
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
