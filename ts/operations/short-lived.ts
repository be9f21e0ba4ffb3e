/** What a process that ends soon asks of the engine it runs on. */
import { setFlagsFromString } from 'node:v8'

/**
 * Most commands are over before optimised code pays: compiling it took a third of the processor time of a plan. A long
 * search still gets there, a little later.
 */
export function optimiseLate(): void {
  setFlagsFromString('--interrupt-budget=5000000')
}
