/** The process to start for a job, by the mode of its sandbox. */
import type { Sandbox } from '../../api/job.ts'
import { bwrapCommand } from './bwrap.ts'
import {
  type InnerPaths,
  innerPaths,
  type JobDirectories,
  type SandboxedCommand,
  type SandboxRequest,
} from './request.ts'
import { limited } from './shell.ts'
import { unshareCommand } from './unshare.ts'

export function sandboxedCommand(mode: Sandbox, request: SandboxRequest): SandboxedCommand {
  switch (mode) {
    case 'bwrap':
      return bwrapCommand(request)
    case 'unshare':
      return unshareCommand(request)
    case 'none':
      return plainCommand(request)
  }
}

/** Where the job finds its directories. */
export function pathsInside(mode: Sandbox, directories: JobDirectories): InnerPaths {
  return mode === 'none' ? directories : innerPaths
}

/** Mode `none`: a clean environment and limits, nothing more. The jail or the machine around the worker is the sandbox. */
function plainCommand({ command, directories, environment, limits }: SandboxRequest): SandboxedCommand {
  const [program = '', ...args] = limited(command, limits, false)
  return { program, args, environment, directory: directories.output, reports: false, contains: false }
}
