// The directory outside the repository that keeps workloads between runs. A step is done once for its parameters: its
// directory gets the final name only when it is complete.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function openCache({ fresh, say }) {
  const directory = join(tmpdir(), `peipkg-bench-${process.getuid()}`)
  if (fresh) rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true, mode: 0o700 })

  /** The directory that `make(directory)` fills; made anew only when `parameters` were never seen. */
  async function step(name, parameters, make) {
    const key = createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 12)
    const done = join(directory, `${name}-${key}`)
    if (existsSync(done)) return done
    const started = performance.now()
    say(`preparing ${name} …`)
    for (const old of readdirSync(directory).filter((entry) => isOf(name, entry))) {
      rmSync(join(directory, old), { recursive: true, force: true })
    }
    const unfinished = `${done}.unfinished`
    mkdirSync(unfinished)
    await make(unfinished)
    renameSync(unfinished, done)
    say(`prepared ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return done
  }

  return { directory, step }
}

/** What other parameters made, or an interrupted run. */
const isOf = (name, entry) =>
  entry.startsWith(`${name}-`) && /^[0-9a-f]{12}(\.unfinished)?$/.test(entry.slice(name.length + 1))
