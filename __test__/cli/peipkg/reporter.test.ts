import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Io } from '../../../ts/cli/io.ts'
import { progressDisplay } from '../../../ts/cli/peipkg/progress.ts'
import { reporter } from '../../../ts/cli/peipkg/reporter.ts'
import type { ElevatedAction } from '../../../ts/operations/elevated-action.ts'

const action: ElevatedAction = {
  kind: 'downgrade',
  subjects: ['nginx'],
  text: 'nginx would move backward from 1.27.5-1 to 1.27.4-1',
}

interface Asked {
  readonly isTTY: boolean
  readonly yes?: boolean
  readonly json?: boolean
  readonly input: string
  readonly action?: ElevatedAction
}

async function authorise({ isTTY, yes = false, json = false, input, action: asked = action }: Asked) {
  const stdin = Object.assign(new PassThrough(), { isTTY })
  stdin.end(input)
  let shown = ''
  const output = {
    write: (text: string) => {
      shown += text
    },
    isTerminal: isTTY,
    width: 80,
    height: 24,
  }
  const io: Io = { stdin, stdout: output, stderr: output, environment: {} }
  const display = progressDisplay('plain', output)
  const { signal } = new AbortController()
  const answer = await reporter(io, 'peipkg', { yes, json, display, signal }).authorise(asked)
  return { answer, shown }
}

test('the question of an elevated action, as the specification writes it', async () => {
  expect(await authorise({ isTTY: true, input: 'y\n' })).toEqual({
    answer: 'granted',
    shown: [
      '',
      'this operation requires elevated authorisation:',
      '  nginx would move backward from 1.27.5-1 to 1.27.4-1',
      'authorise this specific action? [y/N] ',
    ].join('\n'),
  })
})

test.each([
  ['yes\n', 'granted'],
  ['\n', 'refused'],
  ['n\n', 'refused'],
  ['Y es\n', 'refused'],
  // End of input.
  ['', 'refused'],
])('the answer %j on a terminal', async (input, expected) => {
  const { answer } = await authorise({ isTTY: true, input })
  expect(answer).toBe(expected)
})

test('--yes does not answer it, nor does a pipe, nor is it asked with --json', async () => {
  expect((await authorise({ isTTY: true, yes: true, input: 'n\n' })).answer).toBe('refused')
  for (const asked of [
    { isTTY: false, input: 'y\n' },
    { isTTY: true, json: true, input: 'y\n' },
  ]) {
    expect(await authorise(asked)).toEqual({ answer: 'unauthorised', shown: '' })
  }
})

test('foreign text in the question is escaped', async () => {
  const text = 'evil\u001b[2K\nwould do nothing\u202e'
  const { shown } = await authorise({ isTTY: true, input: 'n\n', action: { ...action, text } })
  expect(shown).not.toContain('\u001b')
  expect(shown).not.toContain('\u202e')
  expect(shown.split('\n')).toHaveLength(4)
})
