import { describe, expect, test } from 'vitest'
import { progressBlock } from '../../../ts/cli/render/progress-block.ts'
import type { ProgressEvent } from '../../../ts/native/task.ts'
import { screen } from '../screen.ts'

const download = (item: string, done: number, total = 1000): ProgressEvent => ({
  ...{ phase: 'download', item, done, total, unit: 'bytes' },
})

function block(width = 60, height = 10) {
  const { output, lines } = screen(width, height)
  const written: string[] = []
  let time = 0
  const counting = {
    ...output,
    write: (text: string) => {
      written.push(text)
      output.write(text)
    },
  }
  const shown = progressBlock(counting, () => time)
  const later = (milliseconds = 100) => {
    time += milliseconds
  }
  return { ...shown, later, lines, written, output }
}

describe('downloads', () => {
  test('have a moving line each; what is finished stays above those that go on', () => {
    const { update, end, later, lines, clear } = block()
    update(download('a.peipkg', 100), undefined)
    later()
    update(download('longer.peipkg', 500), '1.0 KiB/s')
    expect(lines()).toEqual([
      'download a.peipkg       10 %  100 B of 1000 B',
      'download longer.peipkg  50 %  500 B of 1000 B  1.0 KiB/s',
    ])
    later()
    end(download('a.peipkg', 1000), 'a is here')
    expect(lines()).toEqual(['a is here', 'download longer.peipkg  50 %  500 B of 1000 B  1.0 KiB/s'])
    later()
    end(download('longer.peipkg', 1000), 'longer is here')
    clear()
    expect(lines()).toEqual(['a is here', 'longer is here', ''])
  })

  test('move ten times a second at most, and nothing that ended is lost', () => {
    const { update, end, later, lines, written, clear } = block()
    for (let index = 0; index < 50; index++) {
      update(download(`p${index}`, 0), undefined)
      end(download(`p${index}`, 1000), `p${index} is here`)
      later(10)
    }
    expect(written.length).toBeLessThanOrEqual(5)
    clear()
    expect(lines().slice(0, -1)).toEqual(Array.from({ length: 50 }, (_, index) => `p${index} is here`))
  })

  test('never take more lines than there are, nor wider ones', () => {
    const { update, later, lines, output } = block(40, 4)
    const names = ['one', 'two', `three${'-'.repeat(80)}.peipkg`, 'four', 'ünïcödé', 'six']
    for (let round = 0; round < 5; round++) {
      for (const name of names) {
        update(download(name, round * 100), '1.0 KiB/s')
        later()
      }
    }
    expect(lines()).toEqual([
      expect.stringMatching(/^downlo.*40 %/),
      expect.stringMatching(/^downlo.*40 %/),
      '… and 4 more',
    ])
    for (const line of lines()) expect(line.length).toBeLessThan(output.width)
  })

  test('a terminal that became narrower is cleaned all the same', () => {
    const { output, lines } = screen(20, 10)
    const size = { ...output, width: 60 }
    const { update, clear } = progressBlock(size, () => 0)
    update(download('a.peipkg', 100), undefined)
    expect(lines()).toHaveLength(2)
    size.width = 20
    clear()
    expect(lines()).toEqual([''])
  })
})

test('other work has one line with a bar, whatever came before it', () => {
  const { update, later, lines } = block()
  update(download('a.peipkg', 100), undefined)
  later()
  update({ phase: 'verify', done: 1, total: 4, unit: 'packages' }, undefined)
  expect(lines()).toEqual(['verify  [#####---------------]  25 %  1 of 4 packages'])
  later()
  update({ phase: 'stage', done: 0, total: 0, unit: 'files' }, undefined)
  expect(lines()).toEqual(['stage'])
})
