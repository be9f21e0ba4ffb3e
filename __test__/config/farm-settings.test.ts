/** The page that lists the keys of farm.toml is right: every key is known, and what holds without it is what is written there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readFarmSettings } from '../../ts/config/farm-settings.ts'

const root = mkdtempSync(join(tmpdir(), 'peipkg-farm-settings-'))
afterAll(() => rmSync(root, { recursive: true }))

test.skipIf(process.platform !== 'linux')('all keys of the guide, with their defaults', async () => {
  const page = readFileSync(new URL('../../docs/farm/operating-farm.md', import.meta.url), 'utf8')
  const [, block = ''] = /```toml\n(# farm\.toml\n[^`]*)```/.exec(page) ?? []
  const keys = [...block.matchAll(/^#([a-z_]+) = /gm)].map(([, key]) => key)
  const source = readFileSync(new URL('../../ts/config/farm-settings.ts', import.meta.url), 'utf8')
  const known = [...source.matchAll(/(?:string|oneOf|integer|size)\((?:limits, )?'([a-z_]+)'/g)].map(
    ([, key]) => key,
  )
  expect(keys.toSorted()).toEqual(known.toSorted())

  const without = await readFarmSettings(root, {})
  writeFileSync(join(root, 'farm.toml'), block.replace(/^#([a-z_]+ = )/gm, '$1'))
  expect(await readFarmSettings(root, {})).toEqual({ ...without, id: '' })
  expect(without.id).toBe(hostname())
})

test('an address to listen on is refused before anything is done, whoever gave it', async () => {
  const message = '"listen" is an address such as 127.0.0.1:1234, not "here": '
  await expect(readFarmSettings(root, { listen: 'here' })).rejects.toThrow(message)
  writeFileSync(join(root, 'farm.toml'), 'listen = "here"\n')
  await expect(readFarmSettings(root, {})).rejects.toThrow(message)
})
