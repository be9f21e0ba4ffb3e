/** What a process that ends soon asks of the engine it runs on. */
import { setFlagsFromString } from 'node:v8'

/**
 * Most commands are over before optimised code pays: compiling it took a third of the processor time of a plan. A long
 * search still gets there, a little later.
 */
export function optimiseLate(): void {
  setFlagsFromString('--interrupt-budget=5000000')
}

/** The engine complains on stderr of a flag that it does not know: these versions of Node were looked at. */
const knowsLiftoff: readonly string[] = ['20', '22', '24']

/**
 * The HTTP library parses headers with WebAssembly; to optimise that module took 80 ms of every refresh. Bodies do not pass
 * through it. Before the library is loaded.
 */
export function compileWasmQuickly(): void {
  if (knowsLiftoff.includes(process.versions.node.replace(/\..*/, ''))) setFlagsFromString('--liftoff-only')
}
