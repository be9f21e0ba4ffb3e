/** The prepared data directory that `npm run build` makes: starting from nothing takes ten times as long, and the double of memory. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'
import { farmServerPackage } from './package.ts'
import { syncAll } from './sync.ts'

/** Of the archive when it is unpacked. */
const MOST_BYTES = 256 * 2 ** 20

/** Into `directory`, which is not there yet. False: there is no archive. */
export async function unpackPrepared(directory: string): Promise<boolean> {
  const parts = farmServerPackage()
  if (parts === undefined) return false
  const archive = join(parts.directory, 'data.tar.br')
  if (!existsSync(archive)) return false
  const tar = await promisify(brotliDecompress)(readFileSync(archive), { maxOutputLength: MOST_BYTES })
  mkdirSync(directory, { mode: 0o700 })
  const made = new Set([directory])
  for (const { name, kind, content } of entriesOf(tar)) {
    const path = join(directory, name)
    const above = kind === '5' ? path : dirname(path)
    mkdirSync(above, { recursive: true, mode: 0o700 })
    if (kind !== '5') writeFileSync(path, content, { flag: 'wx', mode: 0o600 })
    made.add(path).add(above)
  }
  await syncAll(made)
  return true
}

interface Entry {
  readonly name: string
  readonly kind: string
  readonly content: Buffer
}

/** The archive is ours; still nothing in it may lead out of the directory. */
function* entriesOf(tar: Buffer): Generator<Entry> {
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512)
    const name = textAt(header, 0, 100)
    if (name === '') return
    const bytes = Number.parseInt(textAt(header, 124, 12).trim() || '0', 8)
    const prefix = textAt(header, 345, 155)
    const whole = (prefix === '' ? name : `${prefix}/${name}`).replace(/^\.?\/+/, '')
    if (whole.split('/').includes('..')) throw new Error(`the prepared data directory has an entry ${whole}`)
    yield {
      name: whole.replaceAll('/', sep),
      kind: String.fromCharCode(header[156] ?? 0),
      content: tar.subarray(at + 512, at + 512 + bytes),
    }
    at += 512 + Math.ceil(bytes / 512) * 512
  }
}

function textAt(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}
