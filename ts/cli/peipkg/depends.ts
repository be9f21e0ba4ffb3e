/** `peipkg depends`: what a package needs. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { type Dependency, type DependencyNode, depends } from '../../operations/depends.ts'
import type { GraphPackage } from '../../operations/graph.ts'
import { renderRows } from '../render/columns.ts'
import { relationText } from '../render/relation.ts'
import { renderTree, type TreeNode } from '../render/tree.ts'
import { SessionCommand } from './session-command.ts'

export class DependsCommand extends SessionCommand {
  static override readonly synopsis = '[options] <name>'
  static override readonly details = [
    'For each dependency the installed package that satisfies it, or the one that an install would take.',
  ]
  static override readonly completes = 'available'
  static override readonly examples = ['depends nginx', 'depends --tree nginx']
  readonly tree = Option.Boolean('--tree', false, { description: 'also what those need, and so on' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String()

  override async run(): Promise<number> {
    const session = this.openSession({ yes: false, json: this.json })
    this.warnIfUnsettled(session.system)
    const nodes = await depends(this.subject, this.tree, session)
    if (this.json) this.printJson(nodes)
    else if (this.tree) this.printText(treeOf(nodes))
    else this.printDirect(nodes[0]?.dependencies ?? [])
    return 0
  }

  private printDirect(dependencies: readonly Dependency[]): void {
    if (dependencies.length === 0) this.print(`"${escapeText(this.subject)}" needs nothing`)
    const rows = dependencies.flatMap(({ packages, ...relation }) => {
      const wanted = escapeText(relationText(relation))
      if (packages.length === 0) return [[wanted, '-', 'not available']]
      return packages.map((one) => [wanted, escapeText(`${one.name} ${one.version}`), stateOf(one)])
    })
    this.printText(renderRows(rows, this.program.io.stdout))
  }
}

function stateOf({ installed, repository }: GraphPackage): string {
  return installed ? 'installed' : `[${escapeText(repository ?? 'local file')}]`
}

function treeOf(nodes: readonly DependencyNode[]): string {
  const known = new Map(nodes.map((node) => [`${node.name} ${node.version}`, node]))
  const below = (key: string): readonly TreeNode[] =>
    (known.get(key)?.dependencies ?? []).flatMap(({ packages, ...relation }): readonly TreeNode[] => {
      const wanted = relationText(relation)
      if (packages.length === 0) return [{ key: `missing ${wanted}`, text: `${wanted}  (not available)` }]
      return packages.map((one) => {
        const key = `${one.name} ${one.version}`
        return { key, text: `${key}  (${wanted}${one.installed ? '' : ', not installed'})` }
      })
    })
  const [first] = nodes
  const root = first === undefined ? '' : `${first.name} ${first.version}`
  return renderTree({ key: root, text: root }, below)
}
