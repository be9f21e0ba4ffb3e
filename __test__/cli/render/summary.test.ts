import { expect, test } from 'vitest'
import { summarise as summariseRecord } from '../../../ts/cli/render/summary.ts'
import type { TransactionRecord } from '../../../ts/native/system.ts'

const summarise = (operations: TransactionRecord['operations'], command = 'peipkg do') =>
  summariseRecord({ operations, command })

test('verbs in order, names sorted, at most five', () => {
  expect(
    summarise([
      { kind: 'remove', name: 'old' },
      { kind: 'upgrade', name: 'zlib' },
      { kind: 'upgrade', name: 'nginx' },
      { kind: 'install', name: 'new' },
    ]),
  ).toBe('install new, upgrade nginx, zlib, remove old')
  const many = Array.from({ length: 17 }, (_, index) => ({
    kind: 'install' as const,
    name: `p${String(index).padStart(2, '0')}`,
  }))
  expect(summarise(many)).toBe('install p00, p01, p02, p03, p04 and 12 more')
  expect(summarise([...many.slice(0, 5), { kind: 'remove', name: 'x' }])).toBe(
    'install p00, p01, p02, p03, p04 and 1 more',
  )
  expect(summarise([])).toBe('')
})

test('packages that were put in place again: as asked for, or as a repair', () => {
  const again = [{ kind: 'reinstall' as const, name: 'lib' }]
  expect(summarise(again, 'peipkg reinstall lib')).toBe('reinstall lib')
  expect(summarise(again, 'peipkg --root /x verify -y --repair')).toBe('repair lib')
  expect(summarise(again, 'peipkg reinstall repair')).toBe('reinstall lib')
})
