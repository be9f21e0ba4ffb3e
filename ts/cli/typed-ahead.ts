/** Lines that wait at the terminal before they are asked for. */
import { closeSync, constants, openSync, readSync } from 'node:fs'

/** More than a terminal keeps (4 KiB on Linux), so that someone who holds a key down does not keep us here. */
const mostReads = 64

/**
 * Forgets the lines that were typed and not read yet: consent is given to what was seen. Read through a description of its own,
 * which alone does not block; where the system has no such path nothing is forgotten.
 */
export function forgetTypedAhead(): void {
  try {
    const terminal = openSync(
      '/proc/self/fd/0',
      constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    )
    try {
      const piece = Buffer.alloc(1024)
      for (let reads = 0; reads < mostReads && readSync(terminal, piece) > 0; reads += 1);
    } finally {
      closeSync(terminal)
    }
  } catch {
    // EAGAIN: nothing more waits. Anything else: there is nothing to be read either.
  }
}
