import { expect, test } from 'vitest'
import { clockProblem } from '../../ts/operations/clock.ts'
import type { Session } from '../../ts/operations/session.ts'

const day = 86_400
const built = Date.parse('2026-05-01T00:00:00Z') / 1000

function problem(now: number, generatedAt?: string): string | undefined {
  const repositories = generatedAt === undefined ? [] : [{ name: 'official', generatedAt }]
  const session = { now: () => now, builtAt: () => built, system: { repositories: () => repositories } }
  return clockProblem(session as unknown as Session)
}

test('a day behind is let pass, more is not', () => {
  expect(problem(built)).toBeUndefined()
  expect(problem(built - day)).toBeUndefined()
  expect(problem(built - day - 1)).toBe(
    'the system clock says 2026-04-29T23:59:59Z, but this program was built at 2026-05-01T00:00:00Z: expired keys and old indexes may be taken for good ones (set the clock)',
  )
})

test('the newest accepted index counts as well', () => {
  expect(problem(built, '2026-05-01T12:00:00Z')).toBeUndefined()
  expect(problem(built, '2026-05-03T12:00:00Z')).toContain(
    'the index of "official" was made at 2026-05-03T12:00:00Z',
  )
})
