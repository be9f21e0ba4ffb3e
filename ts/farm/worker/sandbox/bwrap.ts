/** Mode `bwrap`: bubblewrap makes the namespaces and the root. */
import { lstatSync } from 'node:fs'
import { findProgram } from '../../../manager/find-program.ts'
import { extraReadable, layoutOf, type Mount } from './layout.ts'
import { innerPaths, type SandboxedCommand, type SandboxRequest } from './request.ts'
import { limited } from './shell.ts'

export function bwrapCommand(request: SandboxRequest): SandboxedCommand {
  const { directories, environment, network, limits, command } = request
  const layout = layoutOf(boundDirectories(request))
  return {
    program: findProgram('bwrap'),
    args: [
      ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
      ...(network ? [] : ['--unshare-net']),
      ...['--uid', '1000', '--gid', '1000', '--hostname', 'peipkg-farm', '--cap-drop', 'ALL'],
      '--die-with-parent',
      ...layout.flatMap(mountArguments),
      ...['--proc', '/proc', '--dev', '/dev', '--size', '1073741824', '--tmpfs', '/dev/shm'],
      ...['--remount-ro', '/dev', '--remount-ro', '/'],
      ...['--chdir', innerPaths.output, '--'],
      ...limited(command, limits, true),
    ],
    environment,
    directory: directories.root,
    reports: true,
    contains: true,
  }
}

/** What `layoutOf` is told for a job in a file system of its own. */
export function boundDirectories({ directories, network, readable }: SandboxRequest) {
  return {
    writable: {
      [directories.source]: innerPaths.source,
      [directories.output]: innerPaths.output,
      [directories.work]: innerPaths.work,
      [directories.temporary]: innerPaths.temporary,
    },
    readable: { ...extraReadable(readable), [directories.given]: innerPaths.given },
    network,
  }
}

function mountArguments({ kind, from, to }: Mount): readonly string[] {
  switch (kind) {
    case 'link':
      return ['--symlink', from, to]
    case 'write':
      return ['--bind', from, to]
    case 'read':
      return ['--ro-bind', from, to]
    case 'hide':
      return hideArguments(from, to)
  }
}

function hideArguments(from: string, to: string): readonly string[] {
  return isDirectory(from) ? ['--tmpfs', to, '--remount-ro', to] : ['--ro-bind', '/dev/null', to]
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
