import { expect, test } from 'vitest'
import { defaultSettings, parseSettings } from '../../ts/config/settings.ts'

const read = (text: string) => parseSettings('conf/peipkg/peipkg.toml', text)

test('an empty file means the defaults', async () => {
  expect(await defaultSettings()).toEqual({
    limits: {},
    retention: { transactions: 10, days: 7, bytes: 2 ** 31 },
    durability: 'auto',
    resolverSteps: 1_000_000,
    parallelDownloads: 8,
    dropInDirectories: [],
    critical: [],
    allowLocalFiles: true,
    cacheBytes: 2 ** 31,
  })
})

test('every key is read', async () => {
  const settings = await read(`
    allow_local_files = false
    critical = ["linux"]
    drop_in_directories = ["etc/x.d"]
    limits = { payload_entries = 2000000, manifest_bytes = "32MiB" }
    retention = { transactions = 3, days = 1, bytes = "512 MiB" }
    [durability]
    mode = "fsync"
    [resolver]
    steps = 5
    [network]
    parallel_downloads = 2
    [cache]
    bytes = "100MiB"
  `)
  expect(settings).toEqual({
    limits: { payload_entries: 2_000_000, manifest_bytes: 32 * 2 ** 20 },
    retention: { transactions: 3, days: 1, bytes: 512 * 2 ** 20 },
    durability: 'fsync',
    resolverSteps: 5,
    parallelDownloads: 2,
    dropInDirectories: ['etc/x.d'],
    critical: ['linux'],
    cacheBytes: 100 * 2 ** 20,
    allowLocalFiles: false,
  })
})

test.each([
  ['[retention]\nday = 3', ':2: unknown key "day" in [retention] (the nearest known key is "days")'],
  ['[retention]\nbytes = "lots"', ':2: "bytes" must be a size such as "2GiB", not "lots"'],
  ['[durability]\nmode = "magic"', ':2: "mode" must be "auto" or "syncfs" or "fsync" or "none", not "magic"'],
  ['[cache]\nsize = "1GiB"', ':2: unknown key "size" in [cache]'],
  ['retention = 3', ':1: "retention" must be a table'],
  ['critical = "peipkg"', ':1: "critical" must be a list of strings'],
])('%j', async (text, message) => {
  await expect(read(text)).rejects.toThrow(`conf/peipkg/peipkg.toml${message}`)
})

test('no key is suggested where none is near', async () => {
  await expect(read('colour = 1')).rejects.toThrow(/:1: unknown key "colour"$/)
})
