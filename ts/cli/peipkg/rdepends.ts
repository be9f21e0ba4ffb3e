/** `peipkg rdepends`: what needs a package. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { type DependentNode, rdepends } from '../../operations/rdepends.ts'
import { renderRows } from '../render/columns.ts'
import { relationText } from '../render/relation.ts'
import { renderTree, type TreeNode } from '../render/tree.ts'
import { SessionCommand } from './session-command.ts'

export class RdependsCommand extends SessionCommand {
  static override readonly synopsis = '[options] <name>'
  static override readonly details = [
    'Installed packages, or with --available also those that repositories offer.',
  ]
  static override readonly completes = 'available'
  static override readonly examples = ['rdepends zlib', 'rdepends --tree zlib', 'rdepends --available zlib']
  readonly tree = Option.Boolean('--tree', false, { description: 'also what needs those, and so on' })
  readonly available = Option.Boolean('--available', false, {
    description: 'also packages that repositories offer',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String()

  override async run(): Promise<number> {
    const session = this.openSession({ yes: false, json: this.json })
    this.warnIfUnsettled(session.system)
    const { subject: name, tree: deep, available } = this
    const nodes = await rdepends({ name, deep, available }, session)
    if (this.json) this.printJson(nodes)
    else if (nodes.length === 0) this.print(`nothing needs "${escapeText(name)}"`)
    else if (deep) this.printText(treeOf(name, nodes))
    else this.printText(renderRows(nodes.map(row), this.program.io.stdout))
    return 0
  }
}

function row({ name, version, needs }: DependentNode): readonly string[] {
  // Of a provided name it needs several packages by one relation.
  const relations = [...new Set(needs.map(relationText))]
  return [name, version, `needs ${relations.join(', ')}`].map(escapeText)
}

/** Upside down: below each package those that need it. */
function treeOf(name: string, nodes: readonly DependentNode[]): string {
  const dependents = new Map<string, Set<DependentNode>>()
  for (const node of nodes) {
    for (const { of } of node.needs) {
      const known = dependents.get(of)
      if (known === undefined) dependents.set(of, new Set([node]))
      else known.add(node)
    }
  }
  const below = (key: string): readonly TreeNode[] =>
    [...(dependents.get(key) ?? [])].map((node) => {
      const needs = node.needs.filter(({ of }) => of === key)
      return { key: node.name, text: `${node.name} ${node.version}  (${needs.map(relationText).join(', ')})` }
    })
  return renderTree({ key: name, text: name }, below)
}
