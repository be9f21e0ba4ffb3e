/** The judge of the schedules itself: what did not happen one after the other has to be noticed. */
import { expect, test } from 'vitest'
import { type Transaction, unexplained } from './explain.ts'
import type { Ran } from './run-schedule.ts'

const history: readonly Transaction[] = [
  transaction(1, '--wait=1', { name: 'app', from: null, to: '1-1' }),
  transaction(2, '--wait=2', { name: 'app', from: '1-1', to: '2-1' }),
]

function transaction(id: number, command: string, operation: Transaction['operations'][number]): Transaction {
  return { id, state: 'committed', command, operations: [operation] }
}

function ran(words: string, document: unknown, [began, ended]: readonly [number, number], mark = ''): Ran {
  const kind = mark === '' ? 'query' : 'change'
  const act =
    words === 'refresh' ? ({ kind: 'refresh' } as const) : ({ kind, words: words.split(' ') } as const)
  return { act, mark, began, ended, code: 0, signal: null, document, stderr: '' }
}

const applied = (transaction: number) => ({ result: { outcome: 'applied', transaction } })
const changes = [
  ran('install app', applied(1), [0, 10], '--wait=1'),
  ran('upgrade', applied(2), [20, 30], '--wait=2'),
]
const listed = (version: string) => [{ name: 'app', version }]

test('what follows from the history is explained', () => {
  const queries = [
    ran('list', [], [0, 5]),
    ran('list', listed('1-1'), [12, 25]),
    ran('list', listed('2-1'), [12, 25]),
    ran('info app', listed('2-1')[0], [40, 50]),
    ran('history', [...history].reverse(), [22, 25]),
  ]
  expect(unexplained(history, [...changes, ...queries])).toEqual([])
})

test.each([
  ['a list that is too old', ran('list', [], [12, 15])],
  ['a list that is too new', ran('list', listed('2-1'), [12, 15])],
  ['a torn list', ran('list', [...listed('1-1'), { name: 'lib', version: '1-1' }], [12, 15])],
  ['a history that lost its end', ran('history', [history[0]], [40, 50])],
  ['a transaction that is not in the history', ran('remove app', applied(3), [40, 50], '--wait=3')],
  [
    'nothing to do where there was',
    ran('install lib', { result: { transaction: null } }, [40, 50], '--wait=4'),
  ],
])('%s is not', (_, one) => {
  expect(unexplained(history, [...changes, one])).toHaveLength(1)
})

test('a transaction of nobody, and one on a state that was not there, are not', () => {
  expect(unexplained(history, [changes[0] as Ran])).toHaveLength(1)
  const lost = [history[0], transaction(2, '--wait=2', { name: 'app', from: null, to: '2-1' })]
  expect(unexplained(lost as Transaction[], changes)).toHaveLength(1)
})

test('a floor that went down is not', () => {
  const refreshed = (version: number, time: readonly [number, number]) =>
    ran('refresh', [{ index_version: version, error: null }], time)
  const down = [refreshed(3, [0, 1]), refreshed(2, [2, 3])]
  expect(unexplained(history, [...changes, ...down])).toHaveLength(1)
  expect(unexplained(history, [...changes, refreshed(3, [0, 5]), refreshed(2, [2, 3])])).toEqual([])
})
