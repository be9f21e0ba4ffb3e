import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { parseManagerConfiguration, readManagerConfiguration } from '../../ts/config/manager-configuration.ts'
import { ManagerFileError } from '../../ts/config/manager-file-error.ts'
import { hostileText } from '../hostile-text.ts'

const scratch = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const minimal = `[manager]
id = "f1"
recipes_dir = "/r"
state_dir = "/s"
[repo]
name = "official"
[signing]
key_file = "/k"
[poll]
default_interval = "90m"
`

const parse = (text: string) => parseManagerConfiguration('ce.toml', Buffer.from(text))

async function refusal(text: string): Promise<ManagerFileError> {
  const error = await parse(text).then(
    () => undefined,
    (thrown: ManagerFileError) => thrown,
  )
  if (error === undefined) throw new Error(`accepted: ${text}`)
  expect(error.code).toBe('PEI_CONFIG_INVALID')
  return error
}

/** The minimal file with something replaced, or added at its end. */
const without = (line: string, by = '') => minimal.replace(`${line}\n`, by === '' ? '' : `${by}\n`)
const withMore = (more: string) => `${minimal}${more}\n`

test('a minimal file, and what holds without the rest', async () => {
  expect(await parse(minimal)).toEqual({
    id: 'f1',
    recipesDir: '/r',
    stateDir: '/s',
    repoName: 'official',
    repoDescription: '',
    resignAfter: 168 * 3_600_000,
    signingKeyFile: '/k',
    uploadBackend: 'none',
    uploadRemote: '',
    uploadOrder: 'single',
    httpAddr: '',
    webhookSecretFile: '',
    page: 'loopback',
    forgejoSecretFile: '',
    gitlabTokenFile: '',
    defaultInterval: 5_400_000,
    signingKeys: [],
    grants: [],
    limits: { git: 600_000, build: 7_200_000, minFree: 2 ** 31, concurrentPolls: 16, logsPerRecipe: 20 },
    farmServer: '',
    farmTokenFile: '',
    notifyCommand: [],
  })
})

test('every key is read', async () => {
  const text = `
    upload = { backend = "rclone", remote = "r2:x", order = "two-pass" }
    http = { addr = ":8080", webhook_secret_file = "/w", page = "off" }
    limits = { git = "1m", build = "3h", min_free = 5, concurrent_polls = 2, logs_per_recipe = 3 }
    webhooks = { forgejo_secret_file = "/f", gitlab_token_file = "/g" }
    farm = { server = "https://farm", token_file = "/t" }
    notify = { command = ["/bin/mail", "ops"] }
    ${without('name = "official"', 'name = "official"\ndescription = "d"\nresign_after = "0s"')}
    [[signing_key]]
    name = "tcb"
    private = "/p"
    pubkey_env = "TCB_HEX"
    [[signing_key]]
    name = "boot"
    private = "/b"
    [[grant]]
    recipe = "kernel"
    inject_pubkey = ["tcb"]
    sign = ["boot", "tcb"]`
  expect(await parse(text)).toMatchObject({
    repoDescription: 'd',
    resignAfter: 0,
    uploadBackend: 'rclone',
    uploadRemote: 'r2:x',
    uploadOrder: 'two-pass',
    httpAddr: ':8080',
    webhookSecretFile: '/w',
    page: 'off',
    forgejoSecretFile: '/f',
    gitlabTokenFile: '/g',
    signingKeys: [
      { name: 'tcb', privateKey: '/p', pubkeyEnv: 'TCB_HEX' },
      { name: 'boot', privateKey: '/b', pubkeyEnv: '' },
    ],
    grants: [{ recipe: 'kernel', injectPubkey: ['tcb'], sign: ['boot', 'tcb'] }],
    limits: { git: 60_000, build: 10_800_000, minFree: 5, concurrentPolls: 2, logsPerRecipe: 3 },
    farmServer: 'https://farm',
    farmTokenFile: '/t',
    notifyCommand: ['/bin/mail', 'ops'],
  })
  expect((await parse(withMore('[notify]\ncommand = "/bin/tell"'))).notifyCommand).toEqual(['/bin/tell'])
})

describe('what cannot be parsed', () => {
  test.each([
    [withMore('[bogus]\na = 1'), 'unknown keys [bogus bogus.a] (typo?)', 11, undefined],
    [
      withMore('[http]\nadr = ":1"\n[[grant]]\nx = 1'),
      'unknown keys [http.adr grant.x] (typo?)',
      12,
      'http.addr',
    ],
    [withMore('[uplaod]'), 'unknown keys [uplaod] (typo?)', 11, 'upload'],
    [
      withMore('"a b" = 1')
        .replace(/^/, '"a b" = 1\n')
        .replace(/"a b" = 1\n$/, ''),
      'unknown keys ["a b"] (typo?)',
      1,
      undefined,
    ],
    [without('id = "f1"', 'id = 5'), '[manager].id must be a string', 2, undefined],
    [
      without('default_interval = "90m"', 'default_interval = 90'),
      '[poll].default_interval must be a duration in quotes, such as "1h30m"',
      10,
      undefined,
    ],
    [
      without('default_interval = "90m"', 'default_interval = "1d"'),
      '[poll].default_interval: time: unknown unit "d" in duration "1d"',
      10,
      undefined,
    ],
    [withMore('[[grant]]\nsign = "tcb"'), '[[grant]].sign must be a list of strings', 12, undefined],
    [withMore('[grant]'), 'grant must be written [[grant]]', 11, undefined],
    [
      withMore('[limits]\nmin_free = "2 gigs"'),
      '[limits].min_free must be a size such as "2GiB"',
      12,
      undefined,
    ],
    [
      withMore('[limits]\nconcurrent_polls = 1.5'),
      '[limits].concurrent_polls must be an integer',
      12,
      undefined,
    ],
    [
      withMore('[notify]\ncommand = [1]'),
      '[notify].command must be a program, or a list of a program and its arguments',
      12,
      undefined,
    ],
    [`manager = 3\n`, '[manager] must be a table', 1, undefined],
  ])('%#', async (text, message, line, nearest) => {
    const error = await refusal(text)
    expect(error.message).toBe(`parse ce.toml: ${message}`)
    expect({ line: error.line, nearest: error.nearest }).toEqual({ line, nearest })
  })

  test('bad TOML and bad UTF-8', async () => {
    expect(await refusal('a = \n')).toMatchObject({
      message: expect.stringMatching(/^parse ce\.toml: line 1: /),
      line: 1,
    })
    await expect(parseManagerConfiguration('x', Buffer.from([0xff]))).rejects.toThrow(
      'parse x: not valid UTF-8',
    )
  })

  test('lines are found in what TOML 1.1 allows, too', async () => {
    const http = 'http = {\n  addr = ":1",\n  adr = "\\e", # a comma at the end\n}\n'
    const error = await refusal(http + minimal)
    expect(error).toMatchObject({ message: 'parse ce.toml: unknown keys [http.adr] (typo?)', line: 3 })
  })

  test('whatever is done to a file, it is read or refused', async () => {
    const mutated = fc.tuple(fc.nat(minimal.length), fc.nat(12), hostileText(4))
    await fc.assert(
      fc.asyncProperty(fc.array(mutated, { minLength: 1, maxLength: 3 }), async (changes) => {
        let text = minimal
        for (const [at, drop, put] of changes) text = text.slice(0, at) + put + text.slice(at + drop)
        const error = await parse(text).catch((thrown: unknown) => thrown)
        if (error instanceof Error) expect(error).toBeInstanceOf(ManagerFileError)
      }),
      { numRuns: 200 },
    )
  })

  test('wrong types come before unknown keys, and those before broken rules', async () => {
    expect((await refusal('x = 1\n[manager]\nid = 5')).message).toContain('must be a string')
    expect((await refusal('x = 1\n[manager]\nid = ""')).message).toContain('unknown keys [x]')
  })
})

describe('broken rules', () => {
  test.each([
    [without('id = "f1"'), '[manager].id is required'],
    [without('id = "f1"', 'id = ""'), '[manager].id is required'],
    [without('recipes_dir = "/r"'), '[manager].recipes_dir is required'],
    [without('state_dir = "/s"'), '[manager].state_dir is required'],
    [without('name = "official"'), '[repo].name is required'],
    [without('key_file = "/k"'), '[signing].key_file is required'],
    [
      withMore('[upload]\nbackend = "s3"'),
      '[upload].backend "s3" not recognised (want one of: rclone, none, or empty)',
    ],
    [withMore('[upload]\nbackend = "rclone"'), '[upload].remote is required when backend is rclone'],
    [
      without('default_interval = "90m"', 'default_interval = "30s"'),
      '[poll].default_interval 30s is less than the 1-minute minimum (use 1m or greater)',
    ],
    [
      minimal.replace(/\[poll\][\s\S]*/, ''),
      '[poll].default_interval 0s is less than the 1-minute minimum (use 1m or greater)',
    ],
    [withMore('[[signing_key]]'), '[[signing_key]] #0: name is required'],
    [withMore('[[signing_key]]\nname="a"'), '[[signing_key]] "a": private is required'],
    [
      withMore('[[signing_key]]\nname="a"\nprivate="/a"\n[[signing_key]]\nname="a"'),
      '[[signing_key]] "a": duplicate name',
    ],
    [
      withMore('[[signing_key]]\nname="a=b"\nprivate="/a"'),
      '[[signing_key]] "a=b": a name cannot contain "="',
    ],
    [
      withMore('[[signing_key]]\nname="a"\nprivate="/a"\npubkey_env="A B"'),
      '[[signing_key]] "a": pubkey_env "A B" is no name of an environment variable',
    ],
    [withMore('[[grant]]'), '[[grant]] #0: recipe is required'],
    [withMore('[[grant]]\nrecipe="k"\n[[grant]]\nrecipe="k"'), '[[grant]] "k": duplicate recipe'],
    [
      withMore('[[grant]]\nrecipe="k"\ninject_pubkey=["x"]'),
      '[[grant]] "k": inject_pubkey: unknown signing key "x"',
    ],
    [
      withMore('[[signing_key]]\nname="a"\nprivate="/a"\n[[grant]]\nrecipe="k"\ninject_pubkey=["a"]'),
      '[[grant]] "k": inject_pubkey: signing key "a" has no pubkey_env',
    ],
    [withMore('[[grant]]\nrecipe="k"\nsign=["x"]'), '[[grant]] "k": sign: unknown signing key "x"'],
    [withMore('[upload]\norder = "x"'), '[upload].order "x" not recognised (want one of: single, two-pass)'],
    [withMore('[http]\npage = "x"'), '[http].page "x" not recognised (want one of: loopback, public, off)'],
    [
      without('name = "official"', 'name = "o"\nresign_after = "-1s"'),
      '[repo].resign_after -1s is less than a minute (use 0s for never)',
    ],
    [withMore('[limits]\ngit = "0s"'), '[limits].git 0s is less than 1s'],
    [withMore('[limits]\nlogs_per_recipe = 0'), '[limits].logs_per_recipe must be between 1 and 1000, not 0'],
    [withMore('[farm]\nserver = "x"'), '[farm].server and [farm].token_file go together'],
    [withMore('[notify]\ncommand = ""'), '[notify].command names no program'],
  ])('%#: %s', async (text, message) => {
    expect((await refusal(text)).message).toBe(`validate ce.toml: ${message}`)
  })

  test('the first of several is the error, with its line', async () => {
    const text = '[upload]\nbackend = "s3"\n[manager]\nstate_dir = ""\nrecipes_dir = "/r"\nid = "x"'
    const error = await refusal(text)
    expect(error).toMatchObject({ message: 'validate ce.toml: [manager].state_dir is required', line: 4 })
  })
})

test('a file that cannot be read is another matter', async () => {
  await expect(readManagerConfiguration(join(scratch, 'none'))).rejects.toMatchObject({
    code: 'PEI_IO',
    message: `read config ${join(scratch, 'none')}: no such file or directory`,
  })
  const large = join(scratch, 'large')
  writeFileSync(large, '#'.repeat(4 * 2 ** 20 + 1))
  await expect(readManagerConfiguration(large)).rejects.toMatchObject({ code: 'PEI_IO' })
  await expect(readManagerConfiguration('/dev/zero')).rejects.toMatchObject({ code: 'PEI_IO' })
  const path = join(scratch, 'config.toml')
  writeFileSync(path, minimal)
  expect((await readManagerConfiguration(path)).id).toBe('f1')
})
