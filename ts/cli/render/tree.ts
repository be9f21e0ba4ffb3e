/** Trees as text: indented lines, each thing told once. */
import { escapeText } from '../../native/escape.ts'

export interface TreeNode {
  /** Equal keys are the same thing. */
  readonly key: string
  readonly text: string
}

/** Levels that are told; a cycle ends by itself, because nothing is told twice. */
const deepest = 100

/** Below `root`; what was told before is named again and marked `…`. */
export function renderTree(root: TreeNode, below: (key: string) => readonly TreeNode[]): string {
  const told = new Set<string>()
  const lines: string[] = []
  const waiting: { readonly node: TreeNode; readonly depth: number }[] = [{ node: root, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next
    const children = told.has(node.key) || depth === deepest ? [] : below(node.key)
    const isRepeated = told.has(node.key) && below(node.key).length > 0
    told.add(node.key)
    lines.push(`${'  '.repeat(depth)}${escapeText(node.text)}${isRepeated ? '  …' : ''}\n`)
    for (const child of [...children].reverse()) waiting.push({ node: child, depth: depth + 1 })
  }
  return lines.join('')
}
