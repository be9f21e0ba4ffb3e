/** `peipkg-farm log`: the bytes, as far as they are there. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { FarmCommand } from './farm-command.ts'
import { logOutput } from './log-output.ts'

export class LogCommand extends FarmCommand {
  static override readonly synopsis = '<uuid> [options]'
  static override readonly details = [
    'Into a file or a pipe it goes byte by byte; on a terminal what could harm it is escaped.',
  ]
  static override readonly examples = ['log 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b']
  readonly uuid = Option.String()

  override run(): Promise<number> {
    return this.withFarm(async (farm) => {
      const output = logOutput(this.program.io.stdout)
      for await (const part of await farm.open({ method: 'GET', path: paths.log(this.uuid) })) {
        output.write(part as Buffer)
      }
      if (this.program.io.stdout.isTerminal) output.end()
      return 0
    })
  }
}
