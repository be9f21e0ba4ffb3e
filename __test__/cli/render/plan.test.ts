import { expect, test } from 'vitest'
import { renderKeptBack, renderPlan } from '../../../ts/cli/render/plan.ts'
import type { PlanLine, ShownPlan } from '../../../ts/operations/shown-plan.ts'

const line = (part: Partial<PlanLine> & Pick<PlanLine, 'action' | 'name'>): PlanLine => ({
  from: null,
  to: null,
  architecture: 'x86_64',
  repository: 'official',
  local: false,
  retained: false,
  reason: 'explicit',
  cause: null,
  ...part,
})

const plan = (part: Partial<ShownPlan>): ShownPlan => ({
  lines: [],
  marks: [],
  keptBack: [],
  elevated: [],
  overrides: [],
  suggestions: [],
  modified: [],
  notes: [],
  warnings: [],
  download: 0,
  disk: 0,
  effort: 0,
  ...part,
})

test('every kind of line, as the specification writes it', () => {
  const lines = [
    line({ action: 'install', name: 'pcre2', to: '10.44-1' }),
    line({ action: 'upgrade', name: 'zlib', from: '1.3.1-1', to: '1.3.2-1' }),
    line({ action: 'downgrade', name: 'nginx', from: '1.27.5-1', to: '1.27.4-1' }),
    line({ action: 'remove', name: 'oldtool', from: '2.1-1' }),
    line({ action: 'install', name: 'hello', to: '0.1-1', local: true }),
    line({ action: 'remove', name: 'old', from: '1-1', cause: { kind: 'replaced', by: 'new' } }),
    line({ action: 'remove', name: 'rival', from: '1-1', cause: { kind: 'conflict', by: 'new' } }),
    line({ action: 'remove', name: 'user', from: '1-1', cause: { kind: 'dependent', by: null } }),
    line({ action: 'reinstall', name: 'x', from: '1-1', to: '1-1' }),
  ]
  expect(
    renderPlan(
      plan({
        lines,
        keptBack: [{ name: 'held', version: '1-1', why: 'held', explanation: [] }],
        elevated: [
          {
            kind: 'downgrade',
            subjects: ['nginx'],
            text: 'nginx would move backward from 1.27.5-1 to 1.27.4-1',
          },
        ],
        suggestions: [{ name: 'docs', constraint: '>= 2', by: 'pcre2' }],
        notes: ['mta is provided by \u001b[31mpostfix'],
        download: 3.1 * 2 ** 20,
        disk: 12.4 * 2 ** 20,
      }),
    ),
  ).toMatchInlineSnapshot(`
    "the following changes will be made:
      install    pcre2 10.44-1
      upgrade    zlib 1.3.1-1 -> 1.3.2-1
      downgrade  nginx 1.27.5-1 -> 1.27.4-1
      remove     oldtool 2.1-1
      install    hello 0.1-1  (local file)
      remove     old 1-1  (replaced by new)
      remove     rival 1-1  (conflicts with new)
      remove     user 1-1  (needs what is removed)
      reinstall  x 1-1
      keep back  held 1-1  (held)
      ! elevated: nginx would move backward from 1.27.5-1 to 1.27.4-1
    download 3.1 MiB, disk +12.4 MiB
    note: mta is provided by \\u{1b}[31mpostfix
    suggestion: docs >= 2 (for pcre2)
    "
  `)
})

test('a removal shrinks the disk', () => {
  expect(renderPlan(plan({ disk: -2048 }))).toContain('download 0 B, disk -2.0 KiB')
  expect(
    renderKeptBack(plan({ keptBack: [{ name: 'a', version: '1-1', why: 'held', explanation: [] }] })),
  ).toBe('  keep back  a 1-1  (held)\n')
})
