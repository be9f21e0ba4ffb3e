/** `peipkg vercmp`: versions and constraints as file 1 orders them, for scripts. */
import { createInterface } from 'node:readline'
import { Option } from 'clipanion'
import { asPeiError } from '../../native/errors.ts'
import { compareVersions, matchesConstraint } from '../../native/identity.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { UsageError } from '../usage-error.ts'

/** Exit codes of a single answer; everything else is 0. */
const exits: Readonly<Record<string, number>> = { false: 1, invalid: 2 }

export class VercmpCommand extends ProgramCommand {
  static override readonly synopsis = '<a> <b> | --match <version> <constraint> | --stdin [--match]'
  static override readonly examples = ['vercmp 1.9-1 1.10-1', 'vercmp --match 1.9-1 ">= 1.2"']
  readonly match = Option.Boolean('--match', false, {
    description: 'answers true or false: does the version meet the constraint?',
  })
  readonly stdin = Option.Boolean('--stdin', false, {
    description: 'reads tab-separated pairs, one a line, and prints one answer a line',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly root = Option.String('--root', {
    description: '<dir> of no effect: versions are ordered alike everywhere',
  })
  readonly operands = Option.Rest()

  override async run(): Promise<number> {
    const answer = this.match ? matchAnswer : compareAnswer
    if (this.stdin) return await this.answerLines(answer)
    const [left, right, surplus] = this.operands
    if (left === undefined || right === undefined) throw new UsageError('missing', 'two operands are needed')
    if (surplus !== undefined) throw new UsageError('surplus', `unexpected argument "${surplus}"`)
    const text = answer(left, right)
    if (this.json) this.printAnswers([text])
    else this.print(text)
    return exits[text] ?? 0
  }

  private async answerLines(answer: (left: string, right: string) => string): Promise<number> {
    const [surplus] = this.operands
    if (surplus !== undefined) throw new UsageError('surplus', `unexpected argument "${surplus}"`)
    const lines = createInterface({ input: this.program.io.stdin, crlfDelay: Number.POSITIVE_INFINITY })
    const answers: string[] = []
    for await (const line of lines) {
      const pair = line.split('\t')
      const text = pair.length === 2 ? answer(pair[0] as string, pair[1] as string) : 'invalid'
      if (this.json) answers.push(text)
      else this.print(text)
    }
    if (this.json) this.printAnswers(answers)
    return 0
  }

  private printAnswers(answers: readonly string[]): void {
    this.print(jsonText({ answers }))
  }
}

function compareAnswer(left: string, right: string): string {
  return orInvalid(() => compareVersions(left, right))
}

function matchAnswer(version: string, constraint: string): string {
  return orInvalid(() => matchesConstraint(version, constraint))
}

function orInvalid(answer: () => number | boolean): string {
  try {
    return String(answer())
  } catch (error) {
    const code = asPeiError(error)?.code
    if (code === 'PEI_VERSION_INVALID' || code === 'PEI_CONSTRAINT_INVALID') return 'invalid'
    throw error
  }
}
