import { expect, test } from 'vitest'
import { type ProgressMode, progressDisplay } from '../../../ts/cli/peipkg/progress.ts'

function display(mode: ProgressMode | undefined, isTerminal: boolean) {
  let text = ''
  let time = 0
  const output = {
    write: (written: string) => {
      text += written
    },
    isTerminal,
    width: 80,
    height: 24,
  }
  const { update } = progressDisplay(mode, output, () => time)
  const at = (milliseconds: number, done: number, item = 'a.peipkg') => {
    time = milliseconds
    update({ phase: 'download', done, total: 2048, unit: 'bytes', item })
  }
  return { at, text: () => text }
}

test('nothing moves without a terminal, also when a bar was asked for', () => {
  for (const mode of [undefined, 'bar'] as const) {
    const { at, text } = display(mode, false)
    at(0, 0)
    at(1000, 2048)
    expect(text()).toBe('')
  }
})

test('plain: a line at the beginning and one at the end of each thing', () => {
  const { at, text } = display('plain', false)
  at(0, 0)
  at(500, 1024)
  at(1000, 2048)
  at(1100, 2048)
  expect(text()).toBe(
    'download a.peipkg  0 %  0 B of 2.0 KiB\ndownload a.peipkg  100 %  2.0 KiB of 2.0 KiB  2.0 KiB/s\n',
  )
})

test('json: events at most ten a second, the last one always', () => {
  const { at, text } = display('json', false)
  for (let time = 0; time <= 200; time += 10) at(time, time)
  at(205, 2048)
  const events = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).done)
  expect(events).toEqual([0, 100, 200, 2048])
})

test('bar: the line moves, and what is finished stays readable', () => {
  const { at, text } = display(undefined, true)
  at(0, 0)
  at(200, 1024)
  at(400, 2048)
  expect(text()).toContain('\r')
  expect(text().endsWith('download a.peipkg  100 %  2.0 KiB of 2.0 KiB  5.0 KiB/s\n')).toBe(true)
})
