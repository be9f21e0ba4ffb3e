// The least that a durable upload costs in Node: the body into a file, fsync, done. A process of its own, as the farm's is.
import { open, rename } from 'node:fs/promises'
import { createServer } from 'node:http'

const [, , path] = process.argv

const server = createServer(async (request, response) => {
  const file = await open(`${path}.new`, 'w')
  for await (const chunk of request) await file.write(chunk)
  await file.sync()
  await file.close()
  await rename(`${path}.new`, path)
  response.end()
})
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
