import { describe, expect, it } from 'vitest'
import { formatGoDuration } from '../../ts/config/duration.ts'
import { createChildren } from '../../ts/manager/child.ts'
import { systemClock } from '../../ts/manager/clock.ts'
import { listRemoteTags, parseRemoteTags } from '../../ts/manager/remote-tags.ts'
import { freshDirectory } from './directory.ts'
import { createUpstream } from './upstream.ts'

const directory = freshDirectory()
const never = new AbortController().signal
const a = 'a'.repeat(40)
const b = 'b'.repeat(40)

function list(git: string) {
  const children = createChildren(systemClock, directory.path, formatGoDuration)
  return listRemoteTags(children, git, 60_000, never)
}

describe('the tags of an upstream', () => {
  it('are named without peeled entries, each with its commit', async () => {
    const upstream = createUpstream(`${directory.path}/upstream`)
    const first = upstream.commit({ a: '1' })
    upstream.git('tag', 'v1.9')
    const second = upstream.commit({ a: '2' })
    upstream.git('tag', '--annotate', '--message', 'x', 'v1.10')
    for (const git of [upstream.path, `file://${upstream.path}`]) {
      expect(await list(git)).toEqual([
        { name: 'v1.10', commit: second },
        { name: 'v1.9', commit: first },
      ])
    }
  })

  it('fail with what git says', async () => {
    await expect(list(`${directory.path}/absent`)).rejects.toThrow(
      /^git ls-remote: exit status 128: fatal: .*absent/,
    )
  })

  it.each([
    ['--upload-pack=touch hacked', 'begins with "-"'],
    ['ext::sh -c true', "transport 'ext' not allowed"],
  ])('are not asked of %s', async (git, reason) => {
    await expect(list(git)).rejects.toThrow(reason)
  })

  it('leave out names that are no tags', () => {
    const names = [
      '-x',
      '--upload-pack=x',
      'a b',
      'a\u001b[31m',
      '../a',
      'a..b',
      '.a',
      'a.lock',
      'a/',
      'x',
      'y/z',
    ]
    const text = names.map((name) => `${a}\trefs/tags/${name}\n`).join('')
    expect(parseRemoteTags(text).map(({ name }) => name)).toEqual(['x', 'y/z'])
  })

  it('take the peeled commit, whichever line comes first', () => {
    const lines = [`${a}\trefs/tags/v1\n`, `${b}\trefs/tags/v1^{}\n`]
    for (const text of [lines.join(''), lines.reverse().join('')]) {
      expect(parseRemoteTags(text)).toEqual([{ name: 'v1', commit: b }])
    }
  })
})
