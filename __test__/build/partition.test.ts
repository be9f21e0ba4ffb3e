import { describe, expect, it } from 'vitest'
import { type Matcher, partition } from '../../ts/build/partition.ts'
import type { StagedEntry } from '../../ts/native/packages.ts'

const file = (path: string): StagedEntry => ({ path, kind: 'file', size: 1, elf: false })
const directory = (path: string): StagedEntry => ({ path, kind: 'directory', size: 0, elf: false })

/** Whole paths, `**` at the end, and a trailing slash: what these tests need of the real one. */
const match: Matcher = (patterns, paths) =>
  patterns.map((pattern) =>
    paths.flatMap((path, index) => {
      const hit = pattern.endsWith('**')
        ? path.startsWith(pattern.slice(0, -2))
        : path === pattern.replace(/\/$/, '')
      return hit ? [index] : []
    }),
  )

describe('partition', () => {
  it('gives every file and link to its stanza', () => {
    const entries = [
      directory('usr'),
      directory('usr/bin'),
      file('usr/bin/a'),
      { path: 'usr/bin/b', kind: 'symlink', size: 0, target: 'a', elf: false } as const,
    ]
    const stanzas = [
      { name: 'one', files: ['usr/bin/a', 'usr/bin/a'] },
      { name: 'two', files: ['usr/bin/b'] },
    ]
    expect(partition(stanzas, entries, match)).toEqual({
      claims: [['usr/bin/a'], ['usr/bin/b']],
      problems: [],
      warnings: [],
    })
  })

  it('claims a directory only by a pattern that names it with a slash', () => {
    const entries = [directory('var'), directory('var/log')]
    expect(partition([{ name: 'base', files: ['var/log/'] }], entries, match).claims).toEqual([['var/log']])
    expect(partition([{ name: 'base', files: ['var/**', 'var'] }], entries, match).problems).toEqual([
      '[[package]] "base" claims nothing: none of its patterns matches (write files = [] for a metadata package)',
    ])
  })

  it('lets two stanzas share a directory', () => {
    const stanzas = ['a1', 'b1'].map((name) => ({ name, files: ['var/'] }))
    expect(partition(stanzas, [directory('var')], match)).toMatchObject({
      claims: [['var'], ['var']],
      problems: [],
    })
  })

  it('does not take a file for a directory', () => {
    expect(partition([{ name: 'x1', files: ['etc/a/'] }], [file('etc/a')], match).problems).toHaveLength(2)
  })

  it('hands a special file to nobody: it is reported once', () => {
    const pipe: StagedEntry = { path: 'etc/pipe', kind: 'special', size: 0, elf: false }
    const { claims, problems } = partition(
      [{ name: 'x1', files: ['etc/a', 'etc/pipe'] }],
      [file('etc/a'), pipe],
      match,
    )
    expect(claims).toEqual([['etc/a']])
    expect(problems).toHaveLength(1)
  })

  it('reports orphans, overlaps, special files and empty stanzas together', () => {
    const entries: StagedEntry[] = [
      file('etc/both'),
      file('etc/lost'),
      file('etc/lost2'),
      { path: 'etc/pipe', kind: 'special', size: 0, elf: false },
    ]
    const stanzas = [
      { name: 'one', files: ['etc/both'] },
      { name: 'two', files: ['etc/both', 'etc/none'] },
      { name: 'three', files: ['usr/**'] },
      { name: 'four', files: [] },
    ]
    const result = partition(stanzas, entries, match)
    expect(result.problems).toEqual([
      'special file: etc/pipe is neither a regular file, a directory nor a symbolic link',
      'orphan: etc/lost is claimed by no [[package]]',
      'orphan: etc/lost2 is claimed by no [[package]]',
      'overlap: etc/both is claimed by "one" and "two"',
      '[[package]] "three" claims nothing: none of its patterns matches (write files = [] for a metadata package)',
    ])
    expect(result.warnings).toEqual(['pattern "etc/none" of [[package]] "two" matches nothing'])
  })
})
