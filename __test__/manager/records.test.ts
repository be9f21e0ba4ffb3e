import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createArchiveReader } from '../../ts/manager/archive.ts'
import { createBuildLogs } from '../../ts/manager/build-log.ts'
import { createHistory } from '../../ts/manager/history.ts'
import type { HistoryEntry } from '../../ts/manager/model.ts'
import { freshDirectory } from './directory.ts'

const directory = freshDirectory()

function entry(recipe: string, version: string): HistoryEntry {
  const time = '2026-11-21T09:00:00Z'
  const tag = `v${version}`
  const common = { tag, commit: 'a', source: 'poll', started_at: time, ended_at: time } as const
  return { recipe, version, ...common, result: 'published', outputs: [] }
}

describe('history.jsonl', () => {
  const path = () => join(directory.path, 'history.jsonl')

  it('tells the newest first, of one recipe or of all', async () => {
    const history = createHistory(path())
    expect(await history.read(undefined, 10)).toEqual([])
    for (const [recipe, version] of ['a 1', 'b 1', 'a 2'].map((text) => text.split(' '))) {
      history.append(entry(recipe ?? '', version ?? ''))
    }
    const told = async (recipe: string | undefined, limit: number) =>
      (await history.read(recipe, limit)).map((found) => `${found.recipe} ${found.version}`)
    expect(await told(undefined, 2)).toEqual(['a 2', 'b 1'])
    expect(await told('a', 9)).toEqual(['a 2', 'a 1'])
  })

  it('survives restarts, and a line that a kill cut', async () => {
    createHistory(path()).append(entry('a', '1'))
    appendFileSync(path(), '{"recipe":"a","ver')
    const history = createHistory(path())
    history.append(entry('a', '2'))
    expect((await history.read('a', 9)).map(({ version }) => version)).toEqual(['2', '1'])
  })

  it('drops its older half when it has grown', async () => {
    const history = createHistory(path())
    const long = { ...entry('a', '1'), error: 'x'.repeat(2 ** 20) }
    for (let count = 0; count < 20; count++) history.append(long)
    history.append(entry('a', 'last'))
    expect(statSync(path()).size).toBeLessThan(9 * 2 ** 20)
    expect((await history.read('a', 1))[0]?.version).toBe('last')
  })
})

describe('build logs', () => {
  const day = Date.parse('2026-11-21T09:03:40.123Z')

  it('are listed newest first, and only so many are kept', async () => {
    const logs = createBuildLogs(directory.path, 2)
    for (const version of ['1.0-1', '2:1.1-1', '1.2~rc1-1']) {
      const log = await logs.open('hello', version, day + Number(version.length))
      log.write(`building ${version}\n`)
      log.close()
    }
    expect(await logs.list('hello')).toEqual([
      { name: '20261121T090340.132Z_1.2~rc1-1.log', version: '1.2~rc1-1', bytes: 19, startedAt: day + 9 },
      { name: '20261121T090340.130Z_2:1.1-1.log', version: '2:1.1-1', bytes: 17, startedAt: day + 7 },
    ])
    expect(readdirSync(join(directory.path, 'hello'))).toHaveLength(2)
  })

  it('give no other file away', async () => {
    const logs = createBuildLogs(join(directory.path, 'logs'), 2)
    const log = await logs.open('hello', '1-1', day)
    log.close()
    writeFileSync(join(directory.path, 'secret_1.log'), '')
    expect(await logs.path('hello', log.name)).toBe(join(directory.path, 'logs/hello', log.name))
    for (const [recipe, name] of [
      ['..', 'secret_1.log'],
      ['hello', '../../secret_1.log'],
      ['hello/..', log.name],
      ['', ''],
    ]) {
      expect(await logs.path(recipe ?? '', name ?? '')).toBeUndefined()
    }
    expect(await logs.list('..')).toEqual([])
    expect(await logs.list('absent')).toEqual([])
  })

  it('end where a build prints too much', async () => {
    const logs = createBuildLogs(directory.path, 2)
    const log = await logs.open('hello', '1-1', day)
    for (let count = 0; count < 40; count++) log.write(Buffer.alloc(2 ** 20, 'x'))
    log.close()
    const text = readFileSync(join(directory.path, 'hello', log.name), 'utf8')
    expect(text.slice(32 * 2 ** 20)).toBe('\n[cut: more than 33554432 bytes]\n')
  })
})

describe('the archive', () => {
  const write = (packages: readonly object[]) => {
    mkdirSync(join(directory.path, 'index'), { recursive: true })
    const document = { generated_at: '2026-11-21T09:00:00Z', packages }
    writeFileSync(join(directory.path, 'index/archive.json'), JSON.stringify(document))
  }
  const hello = (version: string, architecture = 'noarch') => ({
    name: 'hello',
    version,
    architecture,
    hash: { algorithm: 'sha256', value: `${version}/${architecture}` },
  })

  it('of an absent repository is empty', () => {
    const archive = createArchiveReader(directory.path).read()
    expect([archive.size, archive.generatedAt, archive.has('a', '1', undefined)]).toEqual([
      0,
      undefined,
      false,
    ])
  })

  it('knows names, exact versions and architectures', () => {
    write([hello('1.0-1', 'x86_64'), hello('1.0-1', 'aarch64'), hello('1.1-1')])
    const archive = createArchiveReader(directory.path).read()
    expect(archive.has('hello', '1.0-1', undefined)).toBe(true)
    expect(archive.has('hello', '1.0-1', 'aarch64')).toBe(true)
    expect(archive.has('hello', '1.0-1', 'noarch')).toBe(false)
    expect(archive.has('hello', '1.00-1', undefined)).toBe(false)
    expect(archive.has('hallo', '1.0-1', undefined)).toBe(false)
    expect(archive.digest('hello', '1.0-1', 'x86_64')).toBe('1.0-1/x86_64')
    expect(archive.generatedAt).toBe(Date.parse('2026-11-21T09:00:00Z'))
  })

  it('is read again when the file is another', () => {
    const reader = createArchiveReader(directory.path)
    write([hello('1.0-1')])
    const first = reader.read()
    expect(reader.read()).toBe(first)
    write([hello('1.0-1'), hello('1.1-1')])
    expect(reader.read().has('hello', '1.1-1', undefined)).toBe(true)
  })

  it('that is not valid is an error', () => {
    write([{ name: 'hello' }])
    expect(() => createArchiveReader(directory.path).read()).toThrow(/cannot read .*archive\.json/)
  })
})
