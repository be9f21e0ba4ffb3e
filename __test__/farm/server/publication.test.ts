/** What publication needs is looked at before the first package is there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkPublication } from '../../../ts/farm/server/publish.ts'

const root = mkdtempSync(join(tmpdir(), 'peipkg-publication-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a repository or a key that is not there is named, with its key in farm.toml', async () => {
  const signKey = join(root, 'farm.pem')
  const missing = join(root, 'missing')
  await expect(checkPublication({ repository: '', signKey: '' })).resolves.toBeUndefined()
  await expect(checkPublication({ repository: missing, signKey })).rejects.toThrow(
    `[publish] repo ${missing} cannot be used: no such file or directory`,
  )
  await expect(checkPublication({ repository: root, signKey })).rejects.toThrow(
    `[publish] sign_key ${signKey} cannot be used: no such file or directory`,
  )
  writeFileSync(signKey, '')
  await expect(checkPublication({ repository: signKey, signKey })).rejects.toThrow('not a directory')
  await expect(checkPublication({ repository: root, signKey })).resolves.toBeUndefined()
})
