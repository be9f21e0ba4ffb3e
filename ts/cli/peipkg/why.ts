/** `peipkg why`: what keeps an installed package. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { GraphPackage } from '../../operations/graph.ts'
import { type Why, type WhyLink, why } from '../../operations/why.ts'
import { relationText } from '../render/relation.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class WhyCommand extends PeipkgCommand {
  static override readonly synopsis = '[options] <name>'
  static override readonly details = [
    'Shows the shortest way from a package that was asked for (or is held); with --tree from every one. Optional dependencies count, and are named as such.',
  ]
  static override readonly completes = 'installed'
  static override readonly examples = ['why zlib', 'why --tree zlib']
  readonly tree = Option.Boolean('--tree', false, {
    description: 'every package that was asked for and leads to it',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String()

  override async run(): Promise<number> {
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    const answer = await why(this.subject, system)
    if (this.json) this.printJson(answer)
    else for (const line of linesOf(answer, this.tree)) this.print(escapeText(line))
    return 0
  }
}

function linesOf({ package: one, chains }: Why, all: boolean): readonly string[] {
  const shown = all ? chains : chains.slice(0, 1)
  const more = chains.length - shown.length
  return [
    `${titleOf(one)} ${standing(one, chains.length)}`,
    ...shown.flatMap(chainLines),
    ...(more > 0 ? [`(and for ${more} more; --tree shows all)`] : []),
  ]
}

function standing({ reason, held }: GraphPackage, chains: number): string {
  const kept = held ? ', and is held' : ''
  if (reason === 'explicit') return `was asked for${kept}${chains > 0 ? ', and is needed:' : ''}`
  if (chains > 0) return `is there for others${kept}:`
  return held ? 'is held; nobody needs it' : 'is needed by nobody (peipkg autoremove removes it)'
}

/** From the package that was asked for down to the last. */
function chainLines(chain: readonly WhyLink[]): readonly string[] {
  return chain.map(({ package: one, needs }, depth) => {
    const root = depth === 0 ? (one.reason === 'explicit' ? ' (asked for)' : ' (held)') : ''
    return `${'  '.repeat(depth + 1)}${titleOf(one)}${root} needs ${relationText(needs)}`
  })
}

const titleOf = ({ name, version }: GraphPackage): string => `${name} ${version}`
