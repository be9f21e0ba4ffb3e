import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeProgram } from '../../../ts/cli/describe.ts'
import { documents, programs } from '../../../ts/cli/documentation/main.ts'
import { hasSchema } from '../peipkg/json-schema.ts'

const described = await Promise.all(programs.map(describeProgram))
const peipkg = described[0] ?? []

test('docs/reference.md is what the definitions say (npm run docs)', async () => {
  const generated = (await documents()).get('docs/reference.md')
  expect(readFileSync(new URL('../../../docs/reference.md', import.meta.url), 'utf8')).toBe(generated)
})

test.each(
  peipkg.map((command) => [command.words, command] as const),
)('%s has a summary, examples, and a text for each option', (words, command) => {
  expect(command.summary).not.toBe('')
  expect(command.examples).not.toEqual([])
  for (const example of command.examples) expect(`${example} `.startsWith(`${words} `)).toBe(true)
  for (const { text } of command.options) expect(text).not.toBe('')
})

test.each(
  described.flat().flatMap(({ words, document }) => (document === null ? [] : [[words, document] as const])),
)('what %s prints with --json has a schema', (_, document) => {
  expect(hasSchema(document)).toBe(true)
})

test('every program and every command has a man page', async () => {
  const pages = [...(await documents()).keys()].filter((path) => path.startsWith('dist/man/'))
  // peipkg-manager has flags and no commands.
  expect(pages).toHaveLength(programs.length + described.flat().length + 1)
  expect(pages).toContain('dist/man/peipkg-repo-add.1')
})

test('no line of a man page is a request by accident, and none is empty', async () => {
  const requests = ['.TH', '.SH', '.PP', '.TP', '.B', '.BR', '.nf', '.fi']
  for (const [path, text] of await documents()) {
    if (!path.endsWith('.1')) continue
    for (const line of text.trimEnd().split('\n')) {
      expect(line).not.toBe('')
      if (/^[.']/.test(line)) expect(requests).toContain(line.split(' ')[0])
    }
  }
})
