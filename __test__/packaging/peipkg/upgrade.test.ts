/** A root installed from packages of peipkg: its own peipkg looks after it, and replaces itself and its Node while it runs. */
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCommand } from '../../programs.ts'
import { signingKey } from '../../recipes.ts'
import { answering } from '../../terminal.ts'
import { makeWorld, strays, type World, whyNoChroot } from './machine.ts'
import { triplet } from './packages.ts'

const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version
const peipkg = fileURLToPath(new URL('../../../bin/peipkg', import.meta.url))
const reason = whyNoChroot()

describe.skipIf(reason !== undefined)(`a root of its own (${reason ?? 'with chroot'})`, () => {
  let world: World
  beforeAll(async () => {
    world = await makeWorld()
  })
  afterAll(() => world?.close())

  test('from inside, everything works', async () => {
    const { ok, root, revisions } = world.template
    expect(await ok('--version')).toBe(`peipkg ${own}-1\n`)
    expect(await revisions()).toEqual({ nodejs: '1', peipkg: '1', 'runtime-libs': '1' })
    expect(JSON.parse(await ok('verify --json')).problems).toEqual([])
    expect(await ok('owns /usr/bin/peipkg')).toContain('peipkg')
    expect(await ok('list --upgradable')).toMatch(/nodejs .*-> .*-2 .*\npeipkg .*-> .*-2/)
    expect(existsSync(join(root, 'usr/share/man/man1/peipkg-install.1'))).toBe(true)
  })

  test('peipkg and nodejs are replaced in one transaction, by the peipkg that they are', async () => {
    const machine = world.copy()
    const { ok, root, revisions } = machine
    const programs = () => readdirSync(join(root, 'usr/lib', triplet, 'peipkg'))
    const before = programs()
    const told = await ok('upgrade --yes')
    expect(told).toContain('done — 2 operations applied')
    expect(await ok('--version')).toMatch(/-2\n$/)
    expect(await revisions()).toEqual({ nodejs: '2', peipkg: '2', 'runtime-libs': '1' })
    expect(JSON.parse(await ok('verify --json')).problems).toEqual([])
    expect(strays(machine)).toEqual([])
    // Another directory, and nothing left of the first.
    expect(programs()).toHaveLength(1)
    expect(programs()).not.toEqual(before)

    // An older version takes a person's word.
    const { code, shown } = await answering(machine.command('undo --yes'), ['y', 'y'], world.directory)
    expect({ code, shown }).toMatchObject({ code: 0 })
    expect(await ok('--version')).toMatch(/-1\n$/)
    expect(await revisions()).toMatchObject({ nodejs: '1', peipkg: '1' })
    expect(programs()).toEqual(before)
    expect(JSON.parse(await ok('verify --json')).problems).toEqual([])
  })

  test('the other programs come as packages of the same build, into the same directory', async () => {
    const { command, ok, root, revisions } = world.copy()
    expect(await ok('install peipkg-farm-server --yes')).toContain('upgrade    peipkg')
    const others = ['peipkg-build', 'peipkg-farm', 'peipkg-farm-server']
    expect(await revisions()).toMatchObject(
      Object.fromEntries(['peipkg', ...others].map((name) => [name, '2'])),
    )
    for (const program of ['peipkg-build', 'peipkg-farm', 'peipkg-manager', 'peipkg-repo'] as const) {
      const [chroot, ...words] = command('--version', program)
      expect(await startCommand(chroot, words).ended).toMatchObject({
        code: 0,
        stdout: `${program} ${own}-2\n`,
      })
    }
    expect(readdirSync(join(root, 'usr/lib', triplet, 'peipkg'))).toHaveLength(1)
    const [chroot, ...words] = command('fingerprint /key.pem', 'peipkg-build')
    copyFileSync(signingKey, join(root, 'key.pem'))
    expect(await startCommand(chroot, words).ended).toMatchObject({ code: 0 })
    expect(await ok('remove peipkg-build --cascade --yes')).toContain('done — 3 operations applied')
    expect(JSON.parse(await ok('verify --json')).problems).toEqual([])
  })

  test('mounted elsewhere, it is looked after by its own peipkg or by another one', async () => {
    const { root } = world.template
    const own = [join(root, 'usr/bin/node'), join(root, 'usr/bin/peipkg')]
    for (const [command, ...words] of [own, [process.execPath, peipkg]]) {
      const { ended } = startCommand(command ?? '', [...words, 'verify', '--json', '--root', root])
      const { code, stdout } = await ended
      expect({ code, problems: JSON.parse(stdout).problems }).toEqual({ code: 0, problems: [] })
    }
  })

  test('it leaves only with --allow-critical, and so does what it needs', async () => {
    const { peipkg, ok } = world.copy()
    for (const words of ['remove peipkg', 'remove nodejs --cascade', 'remove nodejs peipkg']) {
      const { code, stderr } = await peipkg(`${words} --yes`)
      expect(stderr, words).toContain('peipkg is critical for this system and would be removed')
      expect(code, words).toBe(1)
    }
    expect(await ok('autoremove --yes')).toContain('nothing')
    expect(await ok('remove peipkg --allow-critical --yes')).toContain('done — 1 operation applied')
  })
})
