/** `peipkg-farm observe`: the log of one execution, from its start to its end. */
import { Option } from 'clipanion'
import type { ExecutionView } from '../../farm/api/execution.ts'
import type { Connection } from '../../farm/client/connection.ts'
import { observe } from '../../farm/client/observe.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'
import { logOutput } from './log-output.ts'
import { resultCode } from './result-code.ts'

/** What all commands that follow an execution do. */
export abstract class ObservingCommand extends FarmCommand {
  readonly json = Option.Boolean('--json', false, {
    description: 'prints the execution at its end as one JSON document, without the log',
  })

  /** Returns the execution at its end, which is printed here too. */
  protected async follow(farm: Connection, uuid: string): Promise<ExecutionView> {
    const output = logOutput(this.program.io.stdout)
    const quiet = this.json
    const end = await observe(farm, uuid, { log: (bytes) => (quiet ? undefined : output.write(bytes)) })
    if (quiet) return end
    output.end()
    this.print(escapeText(end.result_text))
    return end
  }
}

export class ObserveCommand extends ObservingCommand {
  static override readonly document = 'farm-execution'
  static override readonly synopsis = '<uuid> [options]'
  static override readonly details = [
    'The log is replayed, then followed; the last line is the result. Ends with 0 for "exited 0", with 1 for any other result.',
  ]
  static override readonly examples = ['observe 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b']
  readonly uuid = Option.String()

  override run(): Promise<number> {
    return this.withFarm(async (farm) => {
      const end = await this.follow(farm, this.uuid)
      if (this.json) this.printJson(end)
      return resultCode(end)
    })
  }
}
