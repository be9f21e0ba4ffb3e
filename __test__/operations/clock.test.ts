import { expect, test } from 'vitest'
import { clockProblem, overrideClock } from '../../ts/operations/clock.ts'
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
    'the system clock says 2026-04-29T23:59:59Z, but this program was built at 2026-05-01T00:00:00Z: expired keys and old indexes may be taken for good ones (set the clock, or tell the time with --clock)',
  )
})

test('the newest accepted index counts as well', () => {
  expect(problem(built, '2026-05-01T12:00:00Z')).toBeUndefined()
  expect(problem(built, '2026-05-03T12:00:00Z')).toContain(
    'the index of "official" was made at 2026-05-03T12:00:00Z',
  )
})

test('another time is taken to be now once a person authorised it', async () => {
  let time = built
  const recorded: unknown[] = []
  const session = (answer: string) =>
    ({
      now: () => time,
      reporter: { authorise: async () => answer },
      system: {
        recordAudit: (event: { reason: string }, _: boolean, now: number) => {
          recorded.push([event.reason, now])
          return []
        },
      },
    }) as unknown as Session
  expect(await overrideClock(built + day, false, session('refused'))).toBe('refused')
  const overridden = await overrideClock(built + day, false, session('granted'))
  time += 5
  expect((overridden as Session).now()).toBe(built + day + 5)
  const text =
    'the time would be taken to be 2026-05-02T00:00:00Z, although the system clock says 2026-05-01T00:00:00Z'
  expect(recorded).toEqual([
    [`${text}: refused`, built],
    [`${text}: authorised`, built],
  ])
})

test('a dry run tells of it and asks nobody', async () => {
  const session = { now: () => built } as unknown as Session
  const overridden = (await overrideClock(built - day, true, session)) as Session
  expect([overridden.now(), overridden.assumed?.[0]?.kind]).toEqual([built - day, 'clock'])
})
