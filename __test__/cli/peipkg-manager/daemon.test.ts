import { createHmac } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endMarked, marksOf } from '../../../ts/manager/processes.ts'
import { isAlive, textOf } from '../../manager/alive.ts'
import { freshDirectory } from '../../manager/directory.ts'
import { createFarm, type Farm } from '../../manager/farm.ts'
import { freePort } from '../../manager/free-port.ts'
import type { Running } from '../../programs.ts'

const directory = freshDirectory()
let farm: Farm
let daemon: Daemon

interface Daemon extends Running {
  /** Waits for a line on standard error, at or after what was waited for last. */
  line(text: string): Promise<void>
  /** Waits for a line, wherever it is. */
  anywhere(text: string): Promise<void>
}

beforeEach(() => {
  farm = createFarm(directory.path)
  farm.recipe('hello', { pattern: '^v(1\\.1.*)$' })
})

afterEach(async () => {
  daemon.child.kill('SIGKILL')
  await daemon.ended
  await endMarked(marksOf(farm.state, farm.state), false)
})

function start(args: readonly string[] = []): Daemon {
  const running = farm.start(args)
  let text = ''
  let from = 0
  running.child.stderr?.on('data', (chunk: string) => {
    text += chunk
  })
  const find = async (wanted: string, start: number) => {
    while (!text.includes(wanted, start)) {
      if (running.child.exitCode !== null) throw new Error(`ended without "${wanted}":\n${text}`)
      await sleep(5)
    }
    return text.indexOf(wanted, start) + wanted.length
  }
  daemon = {
    ...running,
    async line(wanted) {
      from = await find(wanted, from)
    },
    async anywhere(wanted) {
      await find(wanted, 0)
    },
  }
  return daemon
}

/** A build that runs until the file `go` is there, before that of any other recipe; its script's pid is in `pid`. */
function slowBuild(): void {
  // One poll at a time, in the order of the roster.
  farm.configure('[limits]\nconcurrent_polls = 1')
  const script = `echo $$ > ${directory.path}/pid; while ! [ -e ${directory.path}/go ]; do sleep 0.02; done`
  farm.recipe('hello', { pattern: '^v(1\\.1.*)$', script })
}

const go = () => writeFileSync(join(directory.path, 'go'), '')
const pid = () => textOf(join(directory.path, 'pid'))

describe('the daemon', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s', async (signal) => {
    const { child, line, ended } = start()
    await line('msg="build + publish complete"')
    child.kill(signal)
    expect((await ended).code).toBe(0)
    expect((await ended).stderr).toMatch(/level=INFO msg="peipkg-manager stopped"\n$/)
  })

  it('finishes the job at hand through its publication when it is told to stop', async () => {
    slowBuild()
    const { child, line, ended } = start()
    await pid()
    child.kill('SIGTERM')
    await line('stopping')
    go()
    expect((await ended).code).toBe(0)
    expect(farm.archived()).toEqual(['hello 1.1.0-1'])
  })

  it('takes no other job then', async () => {
    slowBuild()
    farm.recipe('zebra')
    const { child, line, ended } = start()
    await pid()
    child.kill('SIGTERM')
    await line('stopping')
    go()
    await ended
    expect(farm.archived()).toEqual(['hello 1.1.0-1'])
  })

  it('kills the job at hand, with all it started, at the second signal', async () => {
    slowBuild()
    const { child, line, ended } = start()
    const script = await pid()
    child.kill('SIGTERM')
    await line('stopping')
    child.kill('SIGTERM')
    const { code, stderr } = await ended
    expect(code).toBe(0)
    expect(stderr).toContain('msg="build failed" recipe=hello version=1.1.0-1')
    expect(isAlive(script)).toBe(false)
    expect(readdirSync(join(farm.state, 'sources'))).toEqual([])
  })

  it('reads the recipes again at SIGHUP and polls all of them at once', async () => {
    const { child, line } = start()
    await line('msg="build + publish complete"')
    farm.recipe('other')
    child.kill('SIGHUP')
    await line('level=INFO msg="received SIGHUP; reloading recipes"')
    await line('level=INFO msg="reload requested; stopping watcher to swap recipe roster"')
    await line(`level=INFO msg="recipes reloaded" count=2 dir=${directory.path}/recipes`)
    await line('msg="polling upstream" recipe=hello')
    await line('msg="build + publish complete" recipe=other version=1.1.0-1')
    await line('msg="build + publish complete" recipe=other version=1.0.0-1')
  })

  it('keeps the recipes it has when the new ones cannot be read', async () => {
    const { child, line } = start()
    await line('msg="build + publish complete"')
    writeFileSync(join(directory.path, 'recipes/hello/peipkg.toml'), '[')
    child.kill('SIGHUP')
    await line('level=ERROR msg="reload: load roster failed; continuing with existing recipes"')
    await line('msg="polling upstream" recipe=hello')
  })

  it('leaves a running build alone at SIGHUP, and drops what waits of a recipe that is gone', async () => {
    slowBuild()
    farm.recipe('zebra')
    const { child, line } = start(['--log-level', 'debug'])
    await pid()
    await line('msg="poll complete" recipe=zebra')
    rmSync(join(directory.path, 'recipes/zebra'), { recursive: true })
    child.kill('SIGHUP')
    await line('msg="recipes reloaded" count=1')
    go()
    await line('msg="build + publish complete" recipe=hello')
    await line('level=DEBUG msg="trigger dropped (recipe removed from roster)" recipe=zebra')
    expect(farm.archived()).toEqual(['hello 1.1.0-1'])
  })

  it('holds what waits to the recipe of now', async () => {
    slowBuild()
    farm.recipe('zebra')
    const { child, line } = start(['--log-level', 'debug'])
    await pid()
    await line('msg="poll complete" recipe=zebra')
    farm.recipe('zebra', { upstream: 'min_version = "1.1"\npeios_revision = 2' })
    child.kill('SIGHUP')
    await line('msg="recipes reloaded"')
    go()
    await line('msg="starting build" recipe=zebra tag=v1.1.0 version=1.1.0-2')
    await line(
      'level=DEBUG msg="trigger dropped (current recipe min_version forbids)" recipe=zebra tag=v1.0.0',
    )
  })

  it('builds what a webhook tells of, and says where it came from', async () => {
    const port = await freePort()
    const secret = join(directory.path, 'secret')
    writeFileSync(secret, 'of the farm\n')
    farm.configure(`[http]\naddr = "127.0.0.1:${port}"\nwebhook_secret_file = "${secret}"`)
    farm.recipe('hello', { watch: 'github_webhook = true' })
    const { line } = start()
    await line('msg="webhook server listening"')
    await line('version=1.0.0-1 outputs=1')
    farm.upstream.git('tag', 'v2.0')
    const body = JSON.stringify({ repository: { html_url: farm.upstream.path } })
    const signature = createHmac('sha256', 'of the farm').update(body).digest('hex')
    const headers = { 'x-hub-signature-256': `sha256=${signature}` }
    const url = `http://127.0.0.1:${port}`
    const answer = await fetch(`${url}/webhooks/github`, { method: 'POST', body, headers })
    expect(answer.status).toBe(200)
    await line('msg="starting build" recipe=hello tag=v2.0 version=2.0-1 source=webhook')
    await line('msg="build + publish complete" recipe=hello version=2.0-1')
    const status = await (await fetch(`${url}/status`)).json()
    expect(status).toMatchObject({
      farm_id: 'test-farm',
      recipes: ['hello'],
      builds_attempted: 3,
      builds_succeeded: 3,
      failures: null,
    })
  })

  it('lets nobody else into its state directory', async () => {
    const { child, line } = start()
    await line('msg="polling upstream"')
    const second = await farm.once()
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`\npeipkg-manager: ${farm.state} is in use by pid ${child.pid}\n`)
  })

  it('is told by its polls that an upstream fails, and goes on', async () => {
    farm.recipe('gone', { git: join(directory.path, 'gone') })
    const { anywhere } = start()
    await anywhere(
      'level=WARN msg="ls-remote failed" recipe=gone err="git ls-remote: exit status 128: fatal: ',
    )
    await anywhere('msg="build + publish complete" recipe=hello')
  })

  it('ends an ls-remote that hangs when its time is over', async () => {
    farm.program('git', '[ "$1" = ls-remote ] && sleep 1000; exit 1')
    farm.configure('[limits]\ngit = "1s"')
    const { line } = start()
    await line('level=WARN msg="ls-remote failed" recipe=hello err="git ls-remote: killed after 1s"')
  })

  it('in once-mode dies of SIGHUP as ever, and leaves nothing behind', async () => {
    slowBuild()
    const { child, ended } = start(['--once'])
    const script = await pid()
    child.kill('SIGHUP')
    expect((await ended).signal).toBe('SIGHUP')
    expect(isAlive(script)).toBe(false)
  })
})

describe('a daemon that was killed', () => {
  it('leaves nothing running once the next one has started', async () => {
    slowBuild()
    const { child, ended } = start()
    const script = await pid()
    child.kill('SIGKILL')
    await ended
    expect(isAlive(script)).toBe(true)
    farm.recipe('hello', { pattern: '^v(1\\.1.*)$' })
    const next = await farm.once()
    expect(next.stderr).toContain('level=WARN msg="processes of an earlier run ended"')
    expect(isAlive(script)).toBe(false)
    expect(farm.archived()).toEqual(['hello 1.1.0-1'])
    expect(existsSync(join(farm.state, 'staging.json'))).toBe(false)
    expect(readFileSync(join(farm.state, 'history.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1)
  })
})
