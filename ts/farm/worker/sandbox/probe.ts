/** Which sandboxes work here: each is tried with a real run, which looks around from inside. */
import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeTree } from '../../../build/workspace.ts'
import { asPeiError, PeiError, reasonOf } from '../../../native/errors.ts'
import type { Sandbox } from '../../api/job.ts'
import { createJobDirectories } from '../job-directories.ts'
import { run } from '../run.ts'
import { pathsInside, sandboxedCommand } from './command.ts'
import type { JobLimits } from './request.ts'

export interface Probed {
  readonly mode: Sandbox
  /** Undefined: it works. */
  readonly problem: string | undefined
}

/** Says what is not as it must be; nothing when all is. */
const looks = `set -u
echo probe >written || echo 'its output directory cannot be written'
( : >/usr/.peipkg-farm-probe ) 2>/dev/null && echo 'the system can be written'
[ -e "$1" ] && echo 'directories of the worker can be seen'
[ "$(grep -c : /proc/net/dev)" -le 1 ] || echo 'the network can be reached'
[ "$(id -u)" = 1000 ] || echo 'it has no user of its own'
set -- /proc/[0-9]*
[ $# -lt 10 ] || echo 'processes of the system can be seen'
exit 0`

const limits: JobLimits = { cpuMs: 20_000, memoryBytes: 0, fileBytes: 2 ** 20, processes: 0 }

export async function probeSandbox(mode: Sandbox): Promise<Probed> {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-probe-'))
  try {
    return { mode, problem: mode === 'none' ? undefined : await problemOf(mode, root) }
  } catch (error) {
    if (asPeiError(error) === undefined) throw error
    return { mode, problem: reasonOf(error) }
  } finally {
    removeTree(root)
  }
}

async function problemOf(mode: Sandbox, root: string): Promise<string | undefined> {
  const directories = createJobDirectories(join(root, 'job'))
  const command = sandboxedCommand(mode, {
    command: ['/bin/sh', '-c', looks, 'sh', root],
    directories,
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: pathsInside(mode, directories).work },
    limits,
    network: false,
    readable: [],
  })
  const said: Buffer[] = []
  const result = await run({
    command,
    pipe: join(root, 'pipe'),
    limits,
    wallMs: 20_000,
    silenceMs: 20_000,
    output: (chunk) => said.push(chunk),
    note: () => {},
    stop: new AbortController().signal,
    graceMs: 0,
  })
  const words = Buffer.concat(said).toString().trim().split('\n').slice(0, 3).join('; ').slice(0, 500)
  if (result.kind === 'exited' && result.code === 0) return words === '' ? undefined : words
  return words === '' ? `it ends with ${JSON.stringify(result)}` : words
}

/**
 * Those that may be declared, the strongest first. `auto`: all that work; a named one alone, which has to work. Throws
 * PEI_FARM_SANDBOX.
 */
export async function chooseSandboxes(
  wanted: Sandbox | 'auto',
  told: (probed: Probed) => void,
): Promise<readonly Sandbox[]> {
  const modes: readonly Sandbox[] = wanted === 'auto' ? ['bwrap', 'unshare', 'none'] : [wanted]
  const working: Sandbox[] = []
  for (const mode of modes) {
    const probed = await probeSandbox(mode)
    told(probed)
    if (probed.problem === undefined) working.push(mode)
    else if (wanted !== 'auto') {
      const advice = 'take another --sandbox, or mend it'
      throw new PeiError(
        'PEI_FARM_SANDBOX',
        `sandbox ${mode} does not work here: ${probed.problem} (${advice})`,
      )
    }
  }
  return working
}
