import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  descriptorToSddl,
  fingerprintOfKey,
  generateKey,
  readKeyFile,
  sddlToDescriptor,
} from '../../ts/native/signature.ts'

const golden = join(import.meta.dirname, '../fixtures/packages')
const fingerprint = '2a3f9b5c2c81463c059df0406cf409e14ed4b54adccb6c647a259af6223b4941'

let place: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'peipkg-key-'))
})
afterAll(() => rmSync(place, { recursive: true }))

describe('keys', () => {
  it('reads the golden pair', () => {
    expect(readKeyFile(join(golden, 'test-signing-key.pub.pem'))).toEqual({
      fingerprint,
      kind: 'public',
      exposed: false,
    })
    expect(readKeyFile(join(golden, 'test-signing-key.pem'))).toMatchObject({ fingerprint, kind: 'private' })
    expect(fingerprintOfKey(readFileSync(join(golden, 'test-signing-key.pub.pem')))).toBe(fingerprint)
  })

  it('makes a key that only its owner reads, and never over a file', () => {
    const path = join(place, 'key.pem')
    const made = generateKey(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readKeyFile(path)).toEqual({ fingerprint: made, kind: 'private', exposed: false })
    expect(() => generateKey(path)).toThrow(expect.objectContaining({ code: 'PEI_IO' }))
    chmodSync(path, 0o604)
    expect(readKeyFile(path).exposed).toBe(true)
  })

  it('refuses what is no key', () => {
    expect(() => fingerprintOfKey(Buffer.alloc(32))).toThrow(
      expect.objectContaining({ code: 'PEI_KEY_INVALID' }),
    )
    expect(() => fingerprintOfKey(Buffer.alloc(31))).toThrow(/32 raw bytes/)
  })
})

describe('security descriptors', () => {
  it('go to text and back', () => {
    const sddl = 'O:BAG:SYD:PAI(A;OICI;FA;;;BA)'
    const descriptor = sddlToDescriptor(sddl)
    expect(descriptor).not.toContain('=')
    expect(descriptorToSddl(descriptor)).toBe(sddl)
    expect(() => sddlToDescriptor('O:??')).toThrow(expect.objectContaining({ code: 'PEI_SD_INVALID' }))
    expect(() => descriptorToSddl('AAAA')).toThrow(expect.objectContaining({ code: 'PEI_SD_INVALID' }))
  })
})
