import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Io } from '../../ts/cli/io.ts'
import { prompter } from '../../ts/cli/prompt.ts'

function asking(signal = new AbortController().signal) {
  const stdin = new PassThrough()
  let shown = ''
  const output = {
    write: (text: string) => {
      shown += text
    },
    isTerminal: false,
    width: 80,
    height: 24,
  }
  const io: Io = { stdin, stdout: output, stderr: output, environment: {} }
  return { stdin, ask: prompter(io, signal).ask, shown: () => shown }
}

test('each question takes one line, however the input is cut', async () => {
  const { stdin, ask, shown } = asking()
  stdin.write('yes\nr')
  expect(await ask('proceed? [y/N] ')).toBe('yes')
  setTimeout(() => stdin.write('emove \nk'), 10)
  expect(await ask('remove? ')).toBe('remove')
  stdin.end()
  expect(await ask('last? ')).toBe('k')
  expect(await ask('over? ')).toBeUndefined()
  expect(await ask('still over? ')).toBeUndefined()
  expect(shown()).toContain('proceed? [y/N] \nremove? \n')
})

test('an endless line is not waited out', async () => {
  const { stdin, ask } = asking()
  stdin.write('y'.repeat(10_000))
  expect(await ask('? ')).toHaveLength(4096)
})

test('a signal ends the question', async () => {
  const controller = new AbortController()
  const { ask } = asking(controller.signal)
  setTimeout(() => controller.abort(), 10)
  await expect(ask('? ')).rejects.toMatchObject({ code: 'PEI_CANCELLED' })
  await expect(ask('? ')).rejects.toMatchObject({ code: 'PEI_CANCELLED' })
})
