/** What a process that ends soon asks of the engine it runs on. */
import { setFlagsFromString } from 'node:v8'

/** The engine complains on stderr of a flag that it does not know: only the versions of Node that were looked at are asked. */
const isNode = (...majors: readonly string[]) => majors.includes(process.versions.node.replace(/\..*/, ''))

/**
 * Most commands are over before optimised code pays: compiling it took a third of the processor time of a plan. A long
 * search still gets there, a little later. The engines of Node 22 and 24 begin late by themselves, and have no such flag.
 */
export function optimiseLate(): void {
  if (isNode('20')) setFlagsFromString('--interrupt-budget=5000000')
}

/**
 * The HTTP library parses headers with WebAssembly; to optimise that module took 80 ms of every refresh. Bodies do not pass
 * through it. Before the library is loaded.
 */
export function compileWasmQuickly(): void {
  if (isNode('20', '22', '24')) setFlagsFromString('--liftoff-only')
}
