import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { formatGoDuration } from '../../ts/config/duration.ts'
import { type ChildRequest, createChildren } from '../../ts/manager/child.ts'
import { systemClock } from '../../ts/manager/clock.ts'
import { endMarked, MARK, marksOf } from '../../ts/manager/processes.ts'
import { isAlive, textOf } from './alive.ts'
import { freshDirectory } from './directory.ts'
import { createFakeClock } from './fake-clock.ts'

const directory = freshDirectory()

function children(clock = systemClock) {
  return createChildren(clock, directory.path, formatGoDuration)
}

function shell(script: string, options: Partial<ChildRequest> = {}): ChildRequest {
  const args = ['-c', script, 'sh', directory.path]
  return { program: 'sh', args, stdout: () => {}, stderr: () => {}, limit: 60_000, ...options }
}

const fileOf = (name: string) => textOf(`${directory.path}/${name}`)

describe('a child', () => {
  it('hands on what it prints and reads what it is told', async () => {
    let out = ''
    let err = ''
    const request = shell('cat; echo problem >&2', {
      input: 'told\n',
      stdout: (chunk) => {
        out += chunk.toString()
      },
      stderr: (chunk) => {
        err += chunk.toString()
      },
    })
    await children().run(request)
    expect({ out, err }).toEqual({ out: 'told\n', err: 'problem\n' })
  })

  it.each([
    ['exit 3', 'exit status 3'],
    ['kill -SEGV $$', 'killed by SIGSEGV'],
    ['kill -KILL $$', 'killed by SIGKILL'],
  ])('that ends with "%s" has failed: %s', async (script, message) => {
    await expect(children().run(shell(script))).rejects.toThrow(message)
  })

  it('that cannot be started has failed', async () => {
    const request = { ...shell(''), program: `${directory.path}/absent` }
    await expect(children().run(request)).rejects.toThrow(/ENOENT/)
  })

  it('may ignore its input', async () => {
    await children().run(shell('exec 0<&-; true', { input: 'x'.repeat(1 << 20) }))
  })

  it('is ended with its whole group when its time is over', async () => {
    const clock = createFakeClock(0)
    const run = children(clock).run(shell('sleep 1000 & echo $! > "$1/pid"; wait', { limit: 300 }))
    const ended = expect(run).rejects.toThrow('killed after 300ms')
    const pid = await fileOf('pid')
    clock.goTo(300)
    await ended
    expect(isAlive(pid)).toBe(false)
  })

  it('is ended when its signal aborts', async () => {
    const abort = new AbortController()
    const run = children().run(shell('echo $$ > "$1/pid"; sleep 1000', { signal: abort.signal }))
    await fileOf('pid')
    abort.abort()
    await expect(run).rejects.toThrow('killed by SIGTERM')
    await expect(children().run(shell('', { signal: abort.signal }))).rejects.toThrow('not run')
  })

  it('leaves nothing of its group running', async () => {
    await children().run(shell('sleep 1000 & echo $! > "$1/pid"'))
    expect(isAlive(await fileOf('pid'))).toBe(false)
  })

  it('leaves nothing of other sessions running that its marks tell', async () => {
    const hidden = 'env -i sleep 1000 & echo $! > "$1/pid"; wait'
    const script = `SOURCE_DIR="$1/source" setsid sh -c '${hidden}' sh "$1" & while ! [ -s "$1/pid" ]; do :; done`
    await children().run(shell(script, { marks: [`SOURCE_DIR=${directory.path}/source`] }))
    expect(isAlive(await fileOf('pid'))).toBe(false)
  })

  it.each([
    ['holds its output open', 'sleep 1000'],
    ['goes on printing', 'yes'],
  ])('does not wait for what %s out of reach', async (_, command) => {
    const hidden = `echo $$ > "$1/pid"; exec ${command}`
    const script = `setsid sh -c '${hidden}' sh "$1" & while ! [ -s "$1/pid" ]; do :; done; echo done`
    let text = ''
    const stdout = (chunk: Buffer) => {
      if (text.length < 9) text += chunk.toString().replace(/^(y\n)+/, '')
    }
    await children().run(shell(script, { stdout }))
    expect(text).toContain('done\n')
    await endMarked(marksOf(directory.path, directory.path), false)
  })

  it('is heard to its last word, however slowly', async () => {
    let text = ''
    const stdout = async (chunk: Buffer) => {
      await sleep(300)
      text += chunk.toString()
    }
    await children().run(shell('seq 100000; echo last', { stdout }))
    expect(text.slice(-12)).toBe('100000\nlast\n')
  })

  it('that prints without end waits for whoever reads, and ends with its time', async () => {
    const clock = createFakeClock(0)
    let bytes = 0
    const stdout = async (chunk: Buffer) => {
      bytes += chunk.length
      await sleep(1)
      if (bytes > 2 ** 20) clock.goTo(300)
    }
    const run = children(clock).run(shell('yes', { stdout, limit: 300 }))
    await expect(run).rejects.toThrow('killed after')
    expect(bytes).toBeLessThan(100 * 2 ** 20)
  })

  it('goes on when what it prints cannot be taken', async () => {
    const stdout = () => {
      throw new Error('full')
    }
    await children().run(shell('head -c 300000 /dev/zero; true', { stdout }))
  })

  it('is killed with all others, and no new one starts', async () => {
    const all = children()
    const run = all.run(shell('trap "" TERM; echo $$ > "$1/pid"; sleep 1000'))
    await fileOf('pid')
    all.killAll()
    await expect(run).rejects.toThrow('killed by SIGKILL')
    await expect(all.run(shell(''))).rejects.toThrow('not run')
  })
})

describe('processes that a killed manager left', () => {
  it('are found by their mark, with all they started, and ended', async () => {
    const run = children()
      .run(shell('setsid sh -c "sh -c \'echo \\$\\$ > $1/pid; while :; do sleep 1000; done\' & wait" & wait'))
      .catch(() => {})
    const pid = await fileOf('pid')
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain(`${MARK}=${directory.path}`)
    expect(await endMarked(marksOf(directory.path, directory.path), true)).toBeGreaterThanOrEqual(3)
    expect(isAlive(pid)).toBe(false)
    await run
  })

  it('are none of another state directory', async () => {
    const run = children().run(shell('echo $$ > "$1/pid"; sleep 1000')).catch(String)
    const pid = await fileOf('pid')
    expect(await endMarked(marksOf(`${directory.path}/other`, directory.path.slice(0, -1)), true)).toBe(0)
    expect(isAlive(pid)).toBe(true)
    await endMarked(marksOf(directory.path, directory.path), false)
    expect(await run).toContain('killed by SIGKILL')
  })
})
