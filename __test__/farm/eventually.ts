/** Waits for what other processes do; a busy machine takes its time. */
import { expect } from 'vitest'

export const eventually = <T>(probe: () => T | Promise<T>) =>
  expect.poll(probe, { timeout: 30_000, interval: 25 })
