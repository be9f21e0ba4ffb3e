/** Mode `unshare`: the same with util-linux alone, where bubblewrap is not installed. */
import { findProgram } from '../../../manager/find-program.ts'
import { boundDirectories } from './bwrap.ts'
import { layoutOf } from './layout.ts'
import { innerPaths, type SandboxedCommand, type SandboxRequest } from './request.ts'
import { limited, makeRoot } from './shell.ts'

export function unshareCommand(request: SandboxRequest): SandboxedCommand {
  const { directories, environment, network, limits, command } = request
  const layout = layoutOf(boundDirectories(request))
  return {
    program: findProgram('setpriv'),
    args: [
      // Dies with the worker, and all in the namespace with it.
      ...['--pdeathsig', 'KILL', '--', findProgram('unshare'), '--kill-child=KILL', '--fork'],
      ...['--user', '--map-root-user', '--mount', '--pid', '--ipc', '--uts'],
      ...(network ? [] : ['--net']),
      ...['--', '/bin/sh', '-c', makeRoot, 'sh', directories.root],
      ...layout.flatMap(({ kind, from, to }) => [kind, from, to]),
      ...['--', innerPaths.output],
      ...limited(command, limits, true),
    ],
    environment,
    directory: directories.root,
    reports: true,
    contains: true,
  }
}
