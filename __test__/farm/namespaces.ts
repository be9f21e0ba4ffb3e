/** Two machines, as far as the network goes: namespaces with a cable between them. */
import { spawnSync } from 'node:child_process'

export interface Machines {
  /** Names of the namespaces: `ip netns exec NAME …`. */
  readonly near: string
  readonly far: string
  /** The address of `near`. */
  readonly address: string
  /** Pulls the cable at `far`, or puts it in again. */
  cable(up: boolean): void
  remove(): void
}

/** A text says why there can be none here. */
export function openMachines(): Machines | string {
  const [near, far] = [`farm-near-${process.pid}`, `farm-far-${process.pid}`]
  const [left, right] = [`fn${process.pid}`, `ff${process.pid}`]
  // Of documentation; nobody routes it.
  const address = '192.0.2.1'
  const remove = () => {
    for (const name of [near, far]) ip('netns', 'delete', name)
  }
  const steps: readonly (readonly string[])[] = [
    ['netns', 'add', near],
    ['netns', 'add', far],
    ['link', 'add', left, 'netns', near, 'type', 'veth', 'peer', 'name', right, 'netns', far],
    ['-n', near, 'address', 'add', `${address}/24`, 'dev', left],
    ['-n', far, 'address', 'add', '192.0.2.2/24', 'dev', right],
    ...[near, far].map((name) => ['-n', name, 'link', 'set', 'lo', 'up']),
    ['-n', near, 'link', 'set', left, 'up'],
    ['-n', far, 'link', 'set', right, 'up'],
  ]
  for (const step of steps) {
    const problem = ip(...step)
    if (problem === undefined) continue
    remove()
    return `ip ${step.join(' ')}: ${problem}`
  }
  return {
    near,
    far,
    address,
    cable: (up) => void ip('-n', far, 'link', 'set', right, up ? 'up' : 'down'),
    remove,
  }
}

/** What it complains of; undefined: done. */
function ip(...args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' })
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}
