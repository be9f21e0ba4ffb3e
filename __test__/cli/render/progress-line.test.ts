import { expect, it } from 'vitest'
import { progressLine, progressText } from '../../../ts/cli/render/progress-line.ts'

function terminal(isTerminal = true) {
  const written: string[] = []
  return {
    written,
    output: { write: (text: string) => void written.push(text), isTerminal, width: 40, height: 24 },
  }
}

it('says how far the work is', () => {
  const event = {
    phase: 'pack',
    item: 'nginx\x1b[2J',
    done: 1.5 * 1024 * 1024,
    total: 3 * 1024 * 1024,
    unit: 'bytes',
  } as const
  expect(progressText(event)).toBe('pack nginx\\u{1b}[2J  50 %  1.5 MiB of 3.0 MiB')
  expect(progressText({ phase: 'scan', done: 7, total: 0, unit: 'files' })).toBe('scan  7 files')
})

it('is updated ten times a second at most, fits the line, and goes away', () => {
  const { written, output } = terminal()
  let time = 0
  const line = progressLine(output, () => time)
  line.clear()
  for (; time < 250; time += 10)
    line.update({ phase: `hash${'-'.repeat(60)}`, done: time, total: 250, unit: 'files' })
  expect(written).toHaveLength(3)
  expect(written[0]).toBe(`\rhash${'-'.repeat(34)}…\x1b[K`)
  line.clear()
  expect(written.at(-1)).toBe('\r\x1b[K')
})

it('is silent where there is no terminal', () => {
  const { written, output } = terminal(false)
  const line = progressLine(output)
  line.update({ phase: 'hash', done: 1, total: 2, unit: 'files' })
  line.clear()
  expect(written).toEqual([])
})
