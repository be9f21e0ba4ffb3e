/** What signals do to the manager (§9, §16.2): the first one drains it, the second kills what it waits for. */
import type { Context } from '../../manager/context.ts'
import type { Engine } from '../../manager/engine.ts'
import { endMarked, marksOf } from '../../manager/processes.ts'

const ending: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** Until `release`. */
export function followSignals(engine: Engine, context: Context, once: boolean): { release(): void } {
  const { log, state } = context
  let asked = false
  const end = (signal: NodeJS.Signals) => {
    if (asked) {
      log.warn('second signal; killing the job at hand', { signal })
      engine.kill()
      return
    }
    asked = true
    log.info('stopping; the job at hand is finished first, a second signal kills it', { signal })
    engine.stop()
  }
  const hangUp = once ? () => void die() : () => reload()
  const reload = () => {
    log.info('received SIGHUP; reloading recipes')
    engine.reload()
  }
  /** In once-mode SIGHUP ends the process as it always did, but leaves nothing running. */
  const die = async () => {
    engine.kill()
    await endMarked(marksOf(state.identity, state.root), false)
    process.removeListener('SIGHUP', hangUp)
    process.kill(process.pid, 'SIGHUP')
  }
  for (const signal of ending) process.on(signal, end)
  process.on('SIGHUP', hangUp)
  return {
    release() {
      for (const signal of ending) process.removeListener(signal, end)
      process.removeListener('SIGHUP', hangUp)
    },
  }
}
