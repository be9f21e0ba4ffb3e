// Serves a directory on loopback: a repository is static files, any web server will do.
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, normalize, sep } from 'node:path'

/** Resolves to { url, requests(), close() }. */
export function serve(directory) {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    const path = fileFor(directory, request.url ?? '/')
    if (path === undefined) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-length': statSync(path).size,
      'content-type': 'application/octet-stream',
    })
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response)
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        requests: () => requests,
        close: () => server.close().closeAllConnections(),
      })
    })
  })
}

/** The regular file that a URL names below the directory; undefined when there is none. */
function fileFor(directory, url) {
  try {
    const path = normalize(join(directory, decodeURIComponent(new URL(url, 'http://localhost').pathname)))
    return path.startsWith(directory + sep) && statSync(path).isFile() ? path : undefined
  } catch {
    return undefined
  }
}
