import { expect, it } from 'vitest'
import { catchSignals, receivedSignal } from '../../ts/cli/signals.ts'

it('becomes one abort, and remembers the first signal', () => {
  const before = process.listenerCount('SIGTERM')
  const caught = catchSignals()
  process.emit('SIGTERM', 'SIGTERM')
  process.emit('SIGINT', 'SIGINT')
  expect(caught.signal.aborted).toBe(true)
  expect(receivedSignal()).toBe('SIGTERM')
  caught.release()
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
