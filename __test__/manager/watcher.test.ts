import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ManagerConfiguration } from '../../ts/config/manager-configuration.ts'
import type { Children } from '../../ts/manager/child.ts'
import type { Context } from '../../ts/manager/context.ts'
import { createContext } from '../../ts/manager/create-context.ts'
import type { Logger, Recipe, Roster, Trigger } from '../../ts/manager/model.ts'
import { createStateDirectory } from '../../ts/manager/state-directory.ts'
import { pollOnce, type Watching, watch } from '../../ts/manager/watcher.ts'
import { freshDirectory } from './directory.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { recipe } from './fake-farm.ts'

const directory = freshDirectory()
const minute = 60_000
let clock: FakeClock
let log: string[]
let triggers: Trigger[]
let outcomes: string[]
let upstreams: Upstreams

/** What a fake git answers. */
interface Upstreams {
  readonly running: Set<string>
  /** Polls that have begun, by URL, in order. */
  readonly asked: string[]
  /** Ends every ls-remote that runs. */
  answer(): Promise<void>
  most: number
}

beforeEach(() => {
  clock = createFakeClock(0)
  log = []
  triggers = []
  outcomes = []
})

function roster(...recipes: readonly Recipe[]): Roster {
  return { recipes, problems: new Map() }
}

const record: Logger = {
  debug: (message) => log.push(`debug ${message}`),
  info: (message, fields) => log.push(`info ${message} ${fields?.recipe ?? ''}`),
  warn: (message, fields) => log.push(`warn ${message} ${fields?.err ?? ''}`),
  error: (message, fields) => log.push(`error ${message} ${fields?.err ?? ''}`),
}

function context(tags: readonly string[], concurrentPolls = 16): Context {
  mkdirSync(join(directory.path, 'state'), { recursive: true })
  const limits = { git: minute, build: minute, minFree: 0, concurrentPolls, logsPerRecipe: 2 }
  const settings = {
    defaultInterval: 60 * minute,
    limits,
    notifyCommand: [],
  } as unknown as ManagerConfiguration
  const made = createContext({
    settings,
    state: createStateDirectory(join(directory.path, 'state')),
    programs: { build: '', repo: '' },
    publicKeys: new Map(),
    clock,
    log: record,
    output: { stdout: () => {}, stderr: () => {} },
  })
  const text = tags.map((tag, index) => `${String(index).padStart(40, '0')}\trefs/tags/${tag}\n`).join('')
  return { ...made, children: fakeGit(text) }
}

/** Every ls-remote waits until the test answers it. */
function fakeGit(text: string): Children {
  const waiting: (() => void)[] = []
  upstreams = {
    running: new Set(),
    asked: [],
    most: 0,
    async answer() {
      await settle()
      for (const end of waiting.splice(0)) end()
      await settle()
    },
  }
  return {
    async run({ args, stdout, signal }) {
      const url = args.at(-1) ?? ''
      upstreams.asked.push(url)
      upstreams.running.add(url)
      upstreams.most = Math.max(upstreams.most, upstreams.running.size)
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        signal?.addEventListener('abort', () => resolve())
      })
      upstreams.running.delete(url)
      if (signal?.aborted) throw new Error('killed')
      if (url.includes('broken')) throw new Error('exit status 128')
      await stdout(Buffer.from(text))
    },
    killAll() {},
    killed: new AbortController().signal,
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

function start(made: Context, ...recipes: readonly Recipe[]): Watching {
  return watch(made, {
    roster: roster(...recipes),
    emit: async (trigger) => {
      triggers.push(trigger)
    },
    polled: (id, { error }) => outcomes.push(`${id} ${error ?? 'ok'}`),
  })
}

describe('watching', () => {
  it('polls at once and then in every interval, the recipe’s own or the default', async () => {
    const made = context([])
    const watching = start(made, recipe('a'), recipe('b', { pollInterval: 90 * minute }))
    await upstreams.answer()
    expect(upstreams.asked).toEqual(['/upstreams/a', '/upstreams/b'])
    for (const [time, expected] of [
      [60, ['a']],
      [90, ['b']],
      [120, ['a']],
      [180, ['a', 'b']],
    ] as const) {
      upstreams.asked.splice(0)
      clock.goTo(time * minute)
      await upstreams.answer()
      expect(upstreams.asked.sort()).toEqual(expected.map((id) => `/upstreams/${id}`))
    }
    await watching.stop()
    expect(clock.next()).toBeUndefined()
  })

  it('drops a tick that comes while a poll runs', async () => {
    const watching = start(context([]), recipe('a'))
    clock.goTo(61 * minute)
    clock.goTo(121 * minute)
    await settle()
    expect(upstreams.asked).toHaveLength(1)
    await upstreams.answer()
    expect(upstreams.asked).toHaveLength(1)
    clock.goTo(180 * minute)
    await settle()
    expect(upstreams.asked).toHaveLength(2)
    await watching.stop()
  })

  it('polls once more after what was asked for while a poll ran', async () => {
    const watching = start(context(['v1']), recipe('a'))
    for (let count = 0; count < 100; count++) expect(watching.poll('a', 'webhook')).toBe(true)
    expect(watching.poll('unknown', 'webhook')).toBe(false)
    await upstreams.answer()
    await upstreams.answer()
    await upstreams.answer()
    expect(upstreams.asked).toHaveLength(2)
    expect(triggers.map(({ source }) => source)).toEqual(['poll', 'webhook'])
    await watching.stop()
  })

  it('looks at so many upstreams at a time', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => recipe(`r${index}`))
    const watching = start(context([], 3), ...ids)
    for (let turn = 0; turn < 10; turn++) await upstreams.answer()
    expect(upstreams.most).toBe(3)
    expect(outcomes).toHaveLength(10)
    await watching.stop()
  })

  it('emits the matches of one poll highest version first, what is no version last', async () => {
    const tags = ['v1.10', 'v1.9', 'v2.0-rc1', 'v2.0', 'other', 'v_']
    const watching = start(context(tags), recipe('a'))
    await upstreams.answer()
    expect(triggers.map(({ tag, captured }) => `${tag} ${captured}`)).toEqual([
      'v2.0 2.0',
      'v2.0-rc1 2.0-rc1',
      'v1.10 1.10',
      'v1.9 1.9',
      'v_ _',
    ])
    expect(triggers[2]?.commit).toBe('0'.repeat(40))
    await watching.stop()
  })

  it.each([
    ['1.9', ['v1.10', 'v1.9']],
    ['1.10', ['v1.10']],
    ['2', []],
  ])('leaves out what is below min_version %s', async (minVersion, expected) => {
    const watching = start(context(['v1.10', 'v1.8', 'v1.9']), recipe('a', { minVersion }))
    await upstreams.answer()
    expect(triggers.map(({ tag }) => tag)).toEqual(expected)
    await watching.stop()
  })

  it('lets through what it cannot compare, with a warning', async () => {
    const watching = start(context(['v1.0']), recipe('a', { minVersion: '/' }))
    await upstreams.answer()
    expect(triggers).toHaveLength(1)
    expect(log.some((line) => line.startsWith('warn min_version comparison failed; emitting anyway'))).toBe(
      true,
    )
    await watching.stop()
  })

  it('tells of an upstream that fails, and polls it again', async () => {
    const watching = start(context([]), recipe('broken'), recipe('a'))
    await upstreams.answer()
    expect(outcomes).toEqual(['broken exit status 128', 'a ok'])
    expect(log).toContain('warn ls-remote failed exit status 128')
    clock.goTo(60 * minute)
    await upstreams.answer()
    expect(outcomes).toHaveLength(4)
    await watching.stop()
  })

  it('stops at once: what runs is ended, and is no failure', async () => {
    const watching = start(context(['v1'], 1), recipe('a'), recipe('b'))
    await settle()
    await watching.stop()
    expect(upstreams.running.size).toBe(0)
    expect(triggers).toEqual([])
    expect(outcomes).toEqual([])
    expect(log.filter((line) => !line.startsWith('info'))).toEqual([])
    expect(watching.poll('a', 'webhook')).toBe(true)
    expect(upstreams.asked).toHaveLength(1)
  })

  it('outlives what no poll should do, in the daemon and in once-mode', async () => {
    const pattern = {
      capture(): string {
        throw new Error('out of order')
      },
    }
    const made = context(['v1'])
    const watching = start(made, recipe('odd', { pattern }), recipe('a'))
    await upstreams.answer()
    expect(log).toContain('error watcher exited out of order')
    expect(triggers.map(({ recipe: { id } }) => id)).toEqual(['a'])
    await watching.stop()
    const request = { roster: roster(recipe('odd', { pattern }), recipe('b')), polled: () => {} }
    const sweep = pollOnce(
      made,
      { ...request, emit: async (trigger) => void triggers.push(trigger) },
      new AbortController().signal,
    )
    await upstreams.answer()
    await sweep
    expect(log).toContain('error watcher RunOnce out of order')
    expect(triggers.map(({ recipe: { id } }) => id)).toEqual(['a', 'b'])
  })

  it('leaves recipes without pattern alone', async () => {
    const { pattern: _, ...manual } = recipe('manual')
    const made = context([])
    const watching = start(made, manual)
    expect(watching.poll('manual', 'webhook')).toBe(false)
    const request = { roster: roster(manual), emit: async () => {}, polled: () => {} }
    await pollOnce(made, request, new AbortController().signal)
    expect(upstreams.asked).toEqual([])
    await watching.stop()
  })
})
