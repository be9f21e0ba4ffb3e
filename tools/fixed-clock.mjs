// One time, and the same random numbers in the same order: for a process whose result has to be the same every time, loaded before
// anything else (`node --import`). Timers go on as they do.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const now = Date.UTC(2026, 0, 1)

globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [now] : given))
  }
  static now() {
    return now
  }
}
performance.now = () => 1000

let drawn = 0
const draw = (bytes) => {
  drawn += 1
  return crypto.createHash('shake256', { outputLength: bytes }).update(String(drawn)).digest()
}
Math.random = () => draw(4).readUInt32BE() / 2 ** 32
const fill = (into) => {
  new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(draw(into.byteLength))
  return into
}
crypto.randomFillSync = fill
crypto.webcrypto.getRandomValues = fill
crypto.webcrypto.randomUUID = () =>
  draw(16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
syncBuiltinESMExports()
