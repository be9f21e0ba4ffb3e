/** What a command that waits for an execution ends with (file 10, Client). */
import type { ExecutionView } from '../../farm/api/execution.ts'

export function resultCode({ result }: ExecutionView): 0 | 1 {
  return result?.kind === 'exited' && result.code === 0 ? 0 : 1
}
