import { expect, test } from 'vitest'
import { renderRows } from '../../../ts/cli/render/columns.ts'

const rows = [
  ['nginx', '1.27.5-1', 'x86_64'],
  ['pcre2-doc', '1-1', 'noarch'],
]
const output = (isTerminal: boolean) => ({ write: () => undefined, isTerminal, width: 80, height: 24 })

test('two spaces in a pipe, aligned on a terminal', () => {
  expect(renderRows(rows, output(false))).toBe('nginx  1.27.5-1  x86_64\npcre2-doc  1-1  noarch\n')
  expect(renderRows(rows, output(true))).toBe('nginx      1.27.5-1  x86_64\npcre2-doc  1-1       noarch\n')
  expect(renderRows([], output(true))).toBe('')
})
