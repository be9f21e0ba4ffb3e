/** What the command line and the files decide before anything is watched: messages, their order, exit codes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { freshDirectory } from '../../manager/directory.ts'
import { createFarm, type Farm } from '../../manager/farm.ts'
import { run } from '../../programs.ts'

const directory = freshDirectory()
let farm: Farm
beforeEach(() => {
  farm = createFarm(directory.path)
  farm.recipe('hello', { pattern: '^none(.*)$' })
})

const logged = (message: string, err: string) =>
  expect.stringContaining(`level=ERROR msg="${message}" err="${err}`)

test('what a farm cannot do is said at the start', async () => {
  const refused = async (lines: string, words: string) => {
    farm.configure(lines)
    const { code, stderr } = await farm.once()
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
  }
  await refused('[farm]\nserver = "farm.example.org"\ntoken_file = "/dev/null"', 'is no http or https URL')
  await refused(
    `[farm]\nserver = "http://127.0.0.1:1"\ntoken_file = "${directory.path}/key.pem"\n[[signing_key]]\nname = "boot"\nprivate = "${directory.path}/key.pem"\n[[grant]]\nrecipe = "hello"\nsign = ["boot"]`,
    'no key leaves this host',
  )
})

describe('the command line', () => {
  test('help goes to standard error and is no failure', async () => {
    for (const word of ['-h', '--help']) {
      const ended = await run('peipkg-manager', [word])
      expect(ended).toMatchObject({ code: 0, stdout: '' })
      expect(ended.stderr).toMatch(
        /^Usage of peipkg-manager:\n {2}-config string\n {4}\tpath to peipkg-config\.toml \(default/,
      )
    }
  })

  test('unknown flags and levels', async () => {
    const unknown = await run('peipkg-manager', ['--bogus'])
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toMatch(/^flag provided but not defined: -bogus\nUsage of peipkg-manager:\n/)
    expect(await run('peipkg-manager', ['--log-level', 'nope', '--config', '/nonexistent'])).toMatchObject({
      code: 2,
      stderr: 'peipkg-manager: unknown log level "nope" (want one of: debug, info, warn, error)\n',
    })
  })
})

describe('the configuration', () => {
  const write = (text: string) => writeFileSync(join(directory.path, 'config.toml'), text)

  test('that cannot be read: 1', async () => {
    expect(await run('peipkg-manager', ['--config', '/nonexistent'])).toMatchObject({
      code: 1,
      stderr: logged('load config', 'read config /nonexistent: no such file or directory"'),
    })
  })

  test.each([
    ['[bogus]\na = 1', 'unknown keys [bogus bogus.a] (typo?)" line=1\n', 'parse'],
    ['[manager]\nidd = "x"', 'unknown keys [manager.idd] (typo?)" line=2 nearest=manager.id\n', 'parse'],
    ['[manager]', '[manager].id is required" line=1\n', 'validate'],
  ])('that breaks a rule: 2 (%#)', async (text, message, wrapped) => {
    write(text)
    const { code, stderr } = await farm.once()
    expect(code).toBe(2)
    expect(stderr).toContain(`msg="load config" err="${wrapped} ${directory.path}/config.toml: ${message}`)
  })
})

describe('the recipes', () => {
  test('one that is not TOML ends the start: 1', async () => {
    mkdirSync(join(directory.path, 'recipes/broken'))
    writeFileSync(join(directory.path, 'recipes/broken/peipkg.toml'), '[upstream')
    expect(await farm.once()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /msg="construct manager" err="[^"]*broken\/peipkg\.toml:1: not valid TOML/,
      ),
    })
  })

  test('one that breaks a rule is told and skipped; the sweep is a success', async () => {
    farm.recipe('broken', { pattern: 'v[0-9' })
    const { code, stderr } = await farm.once()
    expect(code).toBe(0)
    expect(stderr).toContain('err="recipe broken: invalid tag_pattern \\"v[0-9\\": ')
    expect(stderr).toContain('msg="polling upstream" recipe=hello')
    expect(stderr).not.toContain('msg="polling upstream" recipe=broken')
    expect(await farm.once(['--check'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('invalid tag_pattern'),
    })
  })

  test('hostile ones reach the log as text', async () => {
    farm.recipe('broken', { git: '--upload-pack=touch x\\u001b[2J\\u202e', pattern: '^v(\\C)$' })
    const { code, stderr } = await farm.once()
    expect(code).toBe(0)
    expect(stderr).toContain('begins with a dash')
    expect(stderr).not.toMatch(/[\u001b\u202e]/)
  })
})

test('a state directory that cannot be made is named: 1', async () => {
  writeFileSync(farm.state, '')
  expect(await farm.once()).toMatchObject({
    code: 1,
    stderr: logged('construct manager', `cannot create ${farm.state}: file already exists"`),
  })
})

test('keys are read before the state is touched by anything else, and garbage is none', async () => {
  writeFileSync(join(directory.path, 'garbage'), 'garbage')
  farm.configure(`[[signing_key]]\nname = "tcb"\nprivate = "${directory.path}/garbage"\npubkey_env = "TCB"`)
  expect(await farm.once()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/msg="construct manager" err="signing key tcb: /),
  })
  farm.configure(`[[signing_key]]\nname = "tcb"\nprivate = "/nonexistent"`)
  expect(await farm.once(), 'one that nobody injects is not read').toMatchObject({ code: 0 })
})
