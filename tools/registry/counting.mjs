// A proxy before the registry that counts what it serves: a process of its own, for who asks it waits for npm.
//   node tools/registry/counting.mjs <port of the registry>      writes its own port on a line
// /-/served answers with the paths, how often each was asked for and how many bytes went out, and begins anew.
import { createServer, request } from 'node:http'

const to = Number(process.argv[2])
let served = {}

const server = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming
  if (url === '/-/served') {
    outgoing.end(JSON.stringify(served))
    served = {}
    return
  }
  served[url] ??= { times: 0, bytes: 0 }
  const counted = served[url]
  counted.times += 1
  const onward = request({ host: '127.0.0.1', port: to, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.on('data', (chunk) => {
      counted.bytes += chunk.length
    })
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  incoming.pipe(onward)
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
