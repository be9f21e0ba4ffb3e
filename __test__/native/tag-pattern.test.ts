import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateKey, publicHalfOfKeyFile } from '../../ts/native/signature.ts'
import { compileTagPattern } from '../../ts/native/tag-pattern.ts'

test('a pattern captures versions, or is refused with a code', () => {
  const pattern = compileTagPattern('^v(?P<major>\\d+)_(?P<minor>\\d+)$')
  expect(['v1_36', '1_36'].map(pattern.capture)).toEqual(['1.36', undefined])
  expect(() => compileTagPattern('(\\C)')).toThrow(
    expect.objectContaining({ code: 'PEI_TAG_PATTERN_INVALID', message: expect.stringContaining('\\C') }),
  )
})

test('the public half of a private key', () => {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
  try {
    const path = join(directory, 'key')
    generateKey(path)
    expect(publicHalfOfKeyFile(path)).toEqual({
      hex: expect.stringMatching(/^[0-9a-f]{64}$/),
      exposed: false,
    })
    const seed = join(directory, 'seed')
    writeFileSync(
      seed,
      Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex'),
      {
        mode: 0o644,
      },
    )
    // RFC 8032, §7.1, test 1.
    expect(publicHalfOfKeyFile(seed)).toEqual({
      hex: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      exposed: true,
    })
    writeFileSync(seed, 'garbage')
    expect(() => publicHalfOfKeyFile(seed)).toThrow(expect.objectContaining({ code: 'PEI_KEY_INVALID' }))
  } finally {
    rmSync(directory, { recursive: true })
  }
})
