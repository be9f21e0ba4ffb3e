import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { endMarked, marksOf } from '../../../ts/manager/processes.ts'
import { freshDirectory } from '../../manager/directory.ts'
import { createFarm, type Farm } from '../../manager/farm.ts'
import { committed } from '../../manager/upstream.ts'
import { run } from '../../programs.ts'

const directory = freshDirectory()
let farm: Farm

beforeEach(() => {
  farm = createFarm(directory.path)
})

/** Replaces peipkg-build by one that notes its arguments and packs nothing. */
function noteArguments(name: string, then = ''): () => readonly string[] {
  const file = join(directory.path, `${name}.arguments`)
  farm.program(name, `for argument; do printf '%s\\n' "$argument"; done >> "${file}"\n${then}`)
  return () => readFileSync(file, 'utf8').trimEnd().split('\n')
}

/** The arguments by which a fake peipkg-build knows where to write. */
const out = 'while [ "$1" != --out ]; do shift; done; out=$2'

const messages = (stderr: string) =>
  [...stderr.matchAll(/^time=\S+ level=(\S+) msg=("(?:[^"\\]|\\.)*"|\S+)/gm)].map(
    ([, level, message]) => `${level} ${message?.replaceAll('"', '')}`,
  )

describe('peipkg-manager --once', () => {
  it('builds every tag, the highest version first, and publishes', async () => {
    const { code, stderr } = await farm.once()
    expect(code).toBe(0)
    expect(messages(stderr)).toEqual(
      [
        'INFO recipe roster loaded',
        'INFO peipkg-manager starting',
        'INFO polling upstream',
        'INFO starting build',
        'INFO build + publish complete',
        'INFO starting build',
        'INFO build + publish complete',
        'INFO peipkg-manager stopped',
      ].toSpliced(3, 0, 'INFO poll complete'),
    )
    expect(stderr).toMatch(/msg="starting build" recipe=hello tag=v1\.1\.0 version=1\.1\.0-1 source=poll\n/)
    expect(stderr).toContain(
      `msg="build + publish complete" recipe=hello version=1.0.0-1 outputs=1 build_timestamp=${committed}\n`,
    )
    expect(stderr).toMatch(
      /msg="poll complete" recipe=hello tags_seen=2 matches_emitted=2 skipped_below_min_version=0\n/,
    )
    expect(farm.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1'])
    const verified = await run('peipkg-repo', ['verify', '--repo', join(farm.state, 'repo')])
    expect(verified.stdout).toBe('OK\n')
    for (const name of ['sources', 'publish']) expect(readdirSync(join(farm.state, name))).toEqual([])
    expect(readdirSync(join(farm.state, 'stage', 'hello-1.1.0-1'))).toEqual([])
  })

  it('builds nothing twice, and what is new', async () => {
    await farm.once()
    const before = readFileSync(join(farm.state, 'repo/index/archive.json'))
    const second = await farm.once(['--log-level', 'debug'])
    expect(second.stderr).toContain(
      'level=DEBUG msg="trigger skipped (already published)" recipe=hello version=1.0.0-1 source=poll\n',
    )
    expect(second.stderr).not.toContain('starting build')
    expect(readFileSync(join(farm.state, 'repo/index/archive.json'))).toEqual(before)
    farm.upstream.commit({ 'usr/share/hello/text': 'three\n' })
    farm.upstream.git('tag', 'v1.2.0')
    await farm.once()
    expect(farm.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1', 'hello 1.2.0-1'])
  })

  it('hands peipkg-build exactly the documented arguments', async () => {
    writeFileSync(join(directory.path, 'seed'), Buffer.alloc(32, 7))
    farm.configure(`[[signing_key]]
name = "tcb"
private = "${directory.path}/seed"
pubkey_env = "TCB_HEX"
[[signing_key]]
name = "boot"
private = "/absent/boot.key"
[[grant]]
recipe = "hello"
inject_pubkey = ["tcb"]
sign = ["boot", "tcb"]`)
    farm.recipe('hello', { pattern: '^v(1\\.1.*)$', upstream: 'peios_revision = 3' })
    const given = noteArguments('peipkg-build', 'exit 4')
    const { code, stderr } = await farm.once()
    expect(code).toBe(0)
    expect(given()).toEqual([
      'build',
      ...['--recipe', `${directory.path}/recipes/hello/peipkg.toml`],
      ...['--source', `${farm.state}/sources/hello-1.1.0-3`],
      ...['--version', '1.1.0-3'],
      ...['--source-ref', `git+${farm.upstream.path}#refs/tags/v1.1.0`],
      ...['--farm-id', 'test-farm'],
      ...['--timestamp', committed],
      ...['--out', `${farm.state}/stage/hello-1.1.0-3`],
      ...['--sign-key', `${directory.path}/key.pem`],
      ...['--build-env', 'TCB_HEX=ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c'],
      ...['--binary-sign-key', 'boot=/absent/boot.key'],
      ...['--binary-sign-key', `tcb=${directory.path}/seed`],
    ])
    expect(stderr).toContain(
      'level=ERROR msg="build failed" recipe=hello version=1.1.0-3 err="peipkg-build hello 1.1.0-3: exit status 4" next_retry_after=1m0s\n',
    )
    expect(existsSync(join(farm.state, 'stage/hello-1.1.0-3'))).toBe(false)
    expect(existsSync(join(farm.state, 'sources/hello-1.1.0-3'))).toBe(false)
  })

  it('hands peipkg-repo exactly the documented arguments', async () => {
    writeFileSync(
      join(directory.path, 'config.toml'),
      readFileSync(join(directory.path, 'config.toml'), 'utf8').replace(
        '[repo]',
        '[repo]\ndescription = "for tests"',
      ),
    )
    farm.recipe('hello', { pattern: '^v(1\\.1.*)$' })
    farm.program('peipkg-build', `${out}; echo x > "$out/hello_1.1.0-1_noarch.peipkg"`)
    const given = noteArguments(
      'peipkg-repo',
      `[ "$1" = publish ] || echo '{}' > "${farm.state}/repo/repo.json"`,
    )
    const { code, stderr } = await farm.once()
    expect({ code, complete: stderr.includes('build + publish complete') }).toEqual({
      code: 0,
      complete: true,
    })
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const { state } = farm
    const key = `${directory.path}/key.pem`
    expect(given()).toEqual([
      ...['init', '--name', 'test', '--sign-key', key, '--timestamp', time, '--out', `${state}/repo`],
      ...['--description', 'for tests'],
      ...['publish', '--in', `${state}/repo`, '--new', `${state}/publish`, '--out', `${state}/repo`],
      ...['--sign-key', key, '--timestamp', time],
    ])
  })

  it('goes on with other versions and recipes when one fails, and exits 0', async () => {
    farm.recipe('broken', { script: 'exit 7' })
    farm.recipe('absent', { git: join(directory.path, 'absent') })
    farm.recipe('pattern', { pattern: '(' })
    const { code, stderr } = await farm.once()
    expect(code).toBe(0)
    const problems = messages(stderr).filter((line) => !line.startsWith('INFO'))
    expect(problems.sort()).toEqual([
      'ERROR build failed',
      'ERROR build failed',
      'ERROR recipe skipped',
      'WARN ls-remote failed',
    ])
    expect(farm.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1'])
  })

  it('keeps the output of every build, and what came of it', async () => {
    farm.recipe('hello', { pattern: '^v(1\\.1.*)$', script: 'echo progress; echo problem >&2; exit 7' })
    const { stdout, stderr } = await farm.once()
    expect([stdout.includes('progress\n'), stderr.includes('problem\n')]).toEqual([true, true])
    const logs = readdirSync(join(farm.state, 'logs/hello'))
    expect(logs).toEqual([expect.stringMatching(/^\d{8}T\d{6}\.\d{3}Z_1\.1\.0-1\.log$/)])
    const text = readFileSync(join(farm.state, 'logs/hello', logs[0] ?? ''), 'utf8')
    for (const line of ['progress\n', 'problem\n', 'build failed: ']) expect(text).toContain(line)
    const history = readFileSync(join(farm.state, 'history.jsonl'), 'utf8')
    expect(JSON.parse(history)).toMatchObject({
      recipe: 'hello',
      version: '1.1.0-1',
      tag: 'v1.1.0',
      commit: farm.upstream.git('rev-parse', 'v1.1.0^{}'),
      result: 'failed',
      stage: 'build',
      outputs: [],
      log: logs[0],
    })
  })

  it('takes a recipe with other and several package names for published when all of them are', async () => {
    farm.recipe('hello', { packages: ['alpha', 'beta'], pattern: '^v(1\\.1.*)$' })
    await farm.once()
    expect(farm.archived()).toEqual(['alpha 1.1.0-1', 'beta 1.1.0-1'])
    const again = await farm.once()
    expect(again.stderr).not.toContain('starting build')
    farm.recipe('hello', { packages: ['alpha', 'beta', 'gamma'], pattern: '^v(1\\.1.*)$' })
    const third = await farm.once()
    expect(third.stderr).toContain('msg="build + publish complete"')
    expect(farm.archived()).toEqual(['alpha 1.1.0-1', 'beta 1.1.0-1', 'gamma 1.1.0-1'])
  })

  it('filters by min_version, and refuses what is no version', async () => {
    farm.upstream.git('tag', 'v_x')
    farm.recipe('hello', { upstream: 'min_version = "1.1.0"' })
    const { stderr } = await farm.once()
    expect(stderr).toContain('tags_seen=3 matches_emitted=2 skipped_below_min_version=1')
    expect(stderr).toContain(
      'level=WARN msg="min_version comparison failed; emitting anyway" recipe=hello tag=v_x',
    )
    expect(stderr).toMatch(
      /msg="build failed" recipe=hello version=_x-1 err="tag v_x gives .* no package version"/,
    )
    expect(farm.archived()).toEqual(['hello 1.1.0-1'])
  })

  it('builds one recipe when told to', async () => {
    farm.recipe('other', { packages: ['other'] })
    const { code } = await farm.once(['--recipe', 'other', '--retry'])
    expect(code).toBe(0)
    expect(farm.archived()).toEqual(['other 1.0.0-1', 'other 1.1.0-1'])
    const absent = await farm.once(['--recipe', 'absent'])
    expect(absent.code).toBe(1)
    expect(absent.stderr).toContain('cannot build recipe absent: there is no such recipe')
  })

  it('refuses to build with too little room', async () => {
    farm.configure('[limits]\nmin_free = "1000TiB"')
    const { code, stderr } = await farm.once()
    expect(code).toBe(0)
    expect(stderr).toMatch(/msg="build failed" .*bytes free, fewer than the \d+ of \[limits\]\.min_free/)
    expect(farm.archived()).toEqual([])
  })

  it('ends a build that takes too long, with all it started', async () => {
    farm.recipe('hello', { pattern: '^none(.)$' })
    // The repository is made without the limit, which is for peipkg-repo too.
    await farm.once()
    farm.configure('[limits]\nbuild = "1s"')
    farm.recipe('hello', { pattern: '^v(1\\.1.*)$', script: 'sleep 1000 & sleep 1000' })
    const { stderr } = await farm.once()
    expect(stderr).toContain('err="peipkg-build hello 1.1.0-1: killed after 1s"')
    expect(await endMarked(marksOf(farm.state, farm.state), false)).toBe(0)
  })

  it('tells the operator of failures', async () => {
    farm.program('tell', `cat >> "${directory.path}/told"`)
    farm.configure('[notify]\ncommand = ["tell"]')
    farm.recipe('hello', { pattern: '^v(1\\.1.*)$', script: 'exit 7' })
    await farm.once()
    expect(JSON.parse(readFileSync(join(directory.path, 'told'), 'utf8'))).toMatchObject({
      farm_id: 'test-farm',
      what: 'build',
      recipe: 'hello',
      version: '1.1.0-1',
      tag: 'v1.1.0',
      failures: 1,
      error: 'peipkg-build hello 1.1.0-1: exit status 1',
    })
  })

  it('signs a quiet repository anew', async () => {
    farm.recipe('hello', { pattern: 'none(.)' })
    const key = ['--sign-key', join(directory.path, 'key.pem')]
    const time = ['--timestamp', '2026-01-01T00:00:00Z']
    await run('peipkg-repo', ['init', '--name', 'x', ...key, ...time, '--out', join(farm.state, 'repo')])
    const first = await farm.once()
    expect(first.stderr).toContain('msg="repository signed anew"')
    const index = JSON.parse(readFileSync(join(farm.state, 'repo/index/active.json'), 'utf8'))
    expect(index).toMatchObject({ index_version: 2, packages: [] })
    expect((await farm.once()).stderr).not.toContain('signed anew')
  })
})

describe('what an earlier failure left in publish/', () => {
  const one = () => farm.recipe('hello', { pattern: '^v(1\\.1.*)$' })
  const publish = () => join(farm.state, 'publish')

  it('is dropped when it is published already', async () => {
    one()
    await farm.once()
    const file = 'hello_1.1.0-1_noarch.peipkg'
    writeFileSync(join(publish(), file), readFileSync(join(farm.state, 'repo/p/hello/1.1.0-1', file)))
    farm.recipe('hello')
    const { stderr } = await farm.once()
    expect(stderr).toContain(`msg="staged file dropped (already published)" file=${file}`)
    expect(farm.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1'])
  })

  it('is set aside when something else is published under its name, and makes nothing fail', async () => {
    one()
    await farm.once()
    const file = 'hello_1.1.0-1_noarch.peipkg'
    writeFileSync(join(publish(), file), 'other bytes')
    writeFileSync(join(publish(), 'junk_1-1_noarch.peipkg'), 'no package')
    farm.recipe('hello')
    const { code, stderr } = await farm.once()
    expect(code).toBe(0)
    expect(stderr).toMatch(/msg="staged file quarantined" file=hello_1\.1\.0-1_noarch\.peipkg/)
    expect(stderr).toMatch(/msg="staged file quarantined" file=junk_1-1_noarch\.peipkg/)
    expect(farm.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1'])
    expect(readdirSync(join(farm.state, 'quarantine')).sort()).toEqual([file, 'junk_1-1_noarch.peipkg'])
    expect(readdirSync(publish())).toEqual([])
  })

  it('is published with the next build', async () => {
    farm.recipe('hello', { pattern: '^v(1\\.1.*)$' })
    farm.program('peipkg-repo', '[ "$1" = init ] || exit 5; exec node "$REPO" "$@"')
    const real = new URL('../../../bin/peipkg-repo', import.meta.url).pathname
    const failed = await farm.once([], { REPO: real })
    expect(failed.stderr).toMatch(
      /level=ERROR msg="publish failed" recipe=hello version=1\.1\.0-1 err="peipkg-repo publish: exit status 5" next_retry_after=1m0s\n/,
    )
    expect(readdirSync(publish())).toEqual(['hello_1.1.0-1_noarch.peipkg'])
    rmSync(join(directory.path, 'bin/peipkg-repo'))
    farm.recipe('hello', { pattern: '^v(1\\.0.*)$' })
    await farm.once()
    expect(farm.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1'])
  })
})

describe('starting', () => {
  it('needs its programs on PATH', async () => {
    const { code, stderr } = await farm.once([], { PATH: '/nowhere' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/level=ERROR msg="construct manager" err="peipkg-build not found on PATH: /)
  })

  it.each([
    ['', 'unreadable: 1', 1],
    ['[bogus]\na = 1', 'unknown keys [bogus bogus.a] (typo?)', 2],
  ])('with a configuration that is not valid (%j) ends with its code', async (extra, message, code) => {
    if (extra === '') rmSync(join(directory.path, 'config.toml'))
    else farm.configure(extra)
    const ended = await farm.once()
    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain('level=ERROR msg="load config"')
    if (extra !== '') expect(ended.stderr).toContain(message)
  })

  it('with a recipe that is not TOML ends with 1', async () => {
    writeFileSync(join(directory.path, 'recipes/hello/peipkg.toml'), '[')
    const { code, stderr } = await farm.once()
    expect(code).toBe(1)
    expect(stderr).toContain('level=ERROR msg="construct manager"')
  })

  it('with a key for injection that cannot be read ends with 1', async () => {
    farm.configure('[[signing_key]]\nname = "tcb"\nprivate = "/absent"\npubkey_env = "X"')
    const { code, stderr } = await farm.once()
    expect(code).toBe(1)
    expect(stderr).toMatch(/msg="construct manager" err="signing key tcb: .*\/absent/)
  })

  it('that cannot make the repository ends with 1', async () => {
    rmSync(join(directory.path, 'key.pem'))
    const { code, stderr } = await farm.once()
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /level=ERROR msg="manager exited with error" err="peipkg-repo init: exit status 1"/,
    )
  })

  it('makes good an init that was killed', async () => {
    mkdirSync(join(farm.state, 'repo/keys'), { recursive: true })
    writeFileSync(join(farm.state, 'repo/keys/x.pub'), 'x')
    expect((await farm.once()).code).toBe(0)
    expect(farm.archived()).toHaveLength(2)
  })

  it('does not touch a repository that lost its descriptor', async () => {
    await farm.once()
    rmSync(join(farm.state, 'repo/repo.json'))
    const { code, stderr } = await farm.once()
    expect(code).toBe(1)
    expect(stderr).toMatch(/has \w+ but no repo\.json: restore it from a backup/)
    expect(farm.archived()).toHaveLength(2)
  })
})

describe('peipkg-manager --check', () => {
  it('tells what would be polled, and touches nothing', async () => {
    farm.recipe('slow', { watch: 'poll_interval = "2h"' })
    farm.recipe('manual', { pattern: '' })
    const { code, stdout } = await farm.start(['--check']).ended
    expect(code).toBe(0)
    expect(stdout).toBe(`hello: polls ${farm.upstream.path} every 1h0m0s for tags ^v(.+)$
manual: not watched
slow: polls ${farm.upstream.path} every 2h0m0s for tags ^v(.+)$
`)
    expect(existsSync(farm.state)).toBe(false)
  })

  it('ends with 2 when a recipe breaks a rule, naming the place', async () => {
    farm.recipe('typo', { upstream: 'minversion = "1"' })
    const { code, stderr } = await farm.start(['--check']).ended
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^peipkg-manager: recipe typo: unknown key "minversion" .*"min_version".*peipkg\.toml:\d+\)\n$/,
    )
  })

  it('ends with 2 when nobody could listen at the address', async () => {
    farm.configure('[http]\naddr = "localhost"')
    expect(await farm.start(['--check']).ended).toMatchObject({
      code: 2,
      stderr:
        'peipkg-manager: [http].addr: listen tcp: address localhost: missing port in address (write ":8080" or "127.0.0.1:8080")\n',
    })
  })

  it('ends with 2 when the configuration is not valid or not there', async () => {
    farm.configure('[poll.x]')
    expect((await farm.start(['--check']).ended).code).toBe(2)
    rmSync(join(directory.path, 'config.toml'))
    expect((await farm.start(['--check']).ended).code).toBe(2)
  })
})
