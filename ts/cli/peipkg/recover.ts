/** `peipkg recover`: brings an interrupted transaction to rest. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { recover } from '../../operations/recover.ts'
import { parseWait, SessionCommand } from './session-command.ts'

const texts = {
  nothing: 'no interrupted transaction to recover',
  'rolled-back': 'recovered: the interrupted transaction was rolled back',
  finished: 'recovered: the committed transaction was tidied up',
} as const

export class RecoverCommand extends SessionCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = ['recover']
  readonly wait = Option.String('--wait', {
    tolerateBoolean: true,
    description: '[=<seconds>] waits while another transaction is in progress',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const waitSeconds = parseWait(this.wait)
    const { outcome, transaction, notes } = await recover(
      waitSeconds,
      this.openSession({ yes: false, json: this.json }),
    )
    if (this.json) {
      this.printJson({ outcome, transaction, notes })
    } else {
      for (const text of notes) this.print(escapeText(text))
      this.print(texts[outcome])
    }
    return 0
  }
}
