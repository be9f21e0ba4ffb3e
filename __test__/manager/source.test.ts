import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { formatGoDuration } from '../../ts/config/duration.ts'
import { createChildren } from '../../ts/manager/child.ts'
import { systemClock } from '../../ts/manager/clock.ts'
import { fetchSource, type SourceRequest } from '../../ts/manager/source.ts'
import { freshDirectory } from './directory.ts'
import { committed, createUpstream, type Upstream } from './upstream.ts'

const directory = freshDirectory()
let upstream: Upstream
let destination: string

beforeEach(() => {
  upstream = createUpstream(join(directory.path, 'upstream'))
  destination = join(directory.path, 'source')
})

function fetch(request: Pick<SourceRequest, 'tag' | 'commit'> & Partial<SourceRequest>): Promise<string> {
  const children = createChildren(systemClock, directory.path, formatGoDuration)
  return fetchSource(children, {
    git: `file://${upstream.path}`,
    submodules: false,
    destination,
    stderr: () => {},
    limit: 60_000,
    ...request,
  })
}

function paths(): readonly string[] {
  return readdirSync(destination, { recursive: true }).map(String).sort()
}

describe('fetching a source', () => {
  it.each([
    ['a lightweight tag', []],
    ['an annotated tag', ['--annotate', '--message', 'x']],
  ])('gives what %s stands for, without .git, and the time of its commit', async (_, options) => {
    const commit = upstream.commit({ 'a/b': 'of the tag' })
    upstream.git('tag', ...options, 'v1')
    upstream.commit({ 'a/b': 'later' })
    expect(await fetch({ tag: 'v1', commit })).toBe(committed)
    expect(paths()).toEqual(['a', 'a/b'])
    expect(readFileSync(join(destination, 'a/b'), 'utf8')).toBe('of the tag')
  })

  it('is told nothing of detached heads, whatever else the environment sets', async () => {
    const commit = upstream.commit({ text: 'x' })
    upstream.git('tag', 'v1')
    vi.stubEnv('GIT_CONFIG_COUNT', '1')
    vi.stubEnv('GIT_CONFIG_KEY_0', 'transfer.advertiseSID')
    vi.stubEnv('GIT_CONFIG_VALUE_0', 'true')
    try {
      let told = ''
      const stderr = (chunk: Buffer) => {
        told += chunk.toString()
      }
      await fetch({ tag: 'v1', commit, stderr })
      expect(told).toMatch(/^Cloning into /)
      expect(told).not.toContain('detached HEAD')
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('takes the tag where a branch has its name', async () => {
    const commit = upstream.commit({ text: 'of the tag' })
    upstream.git('tag', 'v1')
    upstream.git('checkout', '--quiet', '-b', 'v1')
    upstream.commit({ text: 'of the branch' })
    await fetch({ tag: 'v1', commit })
    expect(readFileSync(join(destination, 'text'), 'utf8')).toBe('of the tag')
    expect(paths()).toEqual(['text'])
  })

  it('refuses a tag that was moved since it was listed', async () => {
    const commit = upstream.commit({ text: 'listed' })
    upstream.git('tag', 'v1')
    const moved = upstream.commit({ text: 'moved' })
    upstream.git('tag', '--force', 'v1')
    await expect(fetch({ tag: 'v1', commit })).rejects.toThrow(
      `tag v1 was at ${commit} and is at ${moved} now`,
    )
  })

  it('fetches submodules when they are wanted, without .git anywhere', async () => {
    const inner = createUpstream(join(directory.path, 'inner'))
    inner.commit({ 'in/text': 'inner' })
    upstream.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.path, 'sub')
    const commit = upstream.commit({ text: 'outer' })
    upstream.git('tag', 'v1')
    await fetch({ tag: 'v1', commit, submodules: true })
    expect(paths()).toEqual(['.gitmodules', 'sub', 'sub/in', 'sub/in/text', 'text'])
  })

  it('leaves submodules out when they are not wanted', async () => {
    const inner = createUpstream(join(directory.path, 'inner'))
    inner.commit({ text: 'inner' })
    upstream.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.path, 'sub')
    const commit = upstream.commit({})
    upstream.git('tag', 'v1')
    await fetch({ tag: 'v1', commit })
    expect(paths()).toEqual(['.gitmodules', 'sub'])
  })

  it('refuses a destination that is there', async () => {
    const commit = upstream.commit({ text: 'x' })
    upstream.git('tag', 'v1')
    mkdirSync(join(destination, 'x'), { recursive: true })
    await expect(fetch({ tag: 'v1', commit })).rejects.toThrow('git clone: exit status 128')
  })

  it.each([
    [{ git: '--upload-pack=touch hacked' }, 'the git URL --upload-pack=touch hacked begins with "-"'],
    [{ tag: '-x' }, 'the tag -x begins with "-"'],
    [{ git: 'ext::sh -c touch% hacked' }, 'git clone: exit status 128'],
  ])('refuses %j', async (request, reason) => {
    await expect(fetch({ tag: 'v1', commit: '', ...request })).rejects.toThrow(reason)
    expect(existsSync('hacked')).toBe(false)
    expect(existsSync(destination)).toBe(false)
  })

  it('is ended when its time is over', async () => {
    const commit = upstream.commit({ text: 'x' })
    upstream.git('tag', 'v1')
    await expect(fetch({ tag: 'v1', commit, limit: 0 })).rejects.toThrow('git clone: killed after 0s')
  })
})
