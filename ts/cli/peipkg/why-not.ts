/** `peipkg why-not`: what prevents an install or an upgrade. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { type WhyNot, whyNot } from '../../operations/why-not.ts'
import { planLine } from '../render/plan.ts'
import { UsageError } from '../usage-error.ts'
import { parseTarget } from './install.ts'
import { SessionCommand } from './session-command.ts'

export class WhyNotCommand extends SessionCommand {
  static override readonly synopsis = '[options] <name[=version]>'
  static override readonly details = [
    'Asks the resolver as install or upgrade would, without changing or fetching anything, and prints the plan or the whole derivation of the refusal.',
  ]
  static override readonly completes = 'available'
  static override readonly examples = ['why-not nginx', 'why-not nginx=1.28-1']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String()

  override async run(): Promise<number> {
    const target = parseTarget(this.subject)
    if (target.kind !== 'install')
      throw new UsageError('malformed', `"${this.subject}" is a file, not a name`)
    const session = this.openSession({ yes: false, json: this.json })
    this.warnIfUnsettled(session.system)
    const { name, version } = target
    const answer = await whyNot(name, version, session)
    if (this.json) this.printJson(document(answer))
    else for (const line of linesOf(name, version, answer)) this.print(line)
    return 0
  }
}

function linesOf(name: string, asked: string | null, answer: WhyNot): readonly string[] {
  switch (answer.answer) {
    case 'installed':
      return [
        `${escapeText(`${name} ${answer.version}`)} is installed${asked === null ? ', and nothing newer is offered' : ''}`,
      ]
    case 'prevented':
      return [
        escapeText(answer.rejection.summary),
        ...answer.rejection.explanation.map((line) => `  ${escapeText(line)}`),
      ]
    case 'possible':
      return [
        answer.held
          ? `${escapeText(name)} is held (peipkg unhold ${escapeText(name)} lets it move); asked for by name, it would:`
          : 'nothing prevents it; the plan would be:',
        ...answer.changes.map(planLine),
      ]
  }
}

function document(answer: WhyNot): unknown {
  const rejection = answer.answer === 'prevented' ? answer.rejection : null
  return {
    answer: answer.answer,
    version: answer.answer === 'installed' ? answer.version : null,
    held: answer.answer === 'prevented' ? null : answer.held,
    changes: answer.answer === 'possible' ? answer.changes : [],
    code: rejection?.code ?? null,
    condition: rejection?.condition ?? null,
    summary: rejection?.summary ?? null,
    explanation: rejection?.explanation ?? [],
  }
}
