/** Lines of keys in a TOML document: loaded only when there is something to report. */
import { type AST, parseTOML } from 'toml-eslint-parser'

/** Keys and indexes from the document down to a value. */
export type KeyPath = readonly (string | number)[]

interface Position {
  readonly path: KeyPath
  readonly line: number
}

/** For each path the line of its key, or of the nearest enclosing one; line 1 when there is none. */
export function locate(text: string, paths: readonly KeyPath[]): readonly number[] {
  const positions = collect(text)
  return paths.map((path) => {
    let best: Position = { path: [], line: 1 }
    for (const position of positions) {
      const inside = position.path.every((part, index) => part === path[index])
      if (inside && position.path.length > best.path.length) best = position
    }
    return best.line
  })
}

function collect(text: string): readonly Position[] {
  const positions: Position[] = []
  // 1.1 is what the reader of the values takes.
  for (const node of parseTOML(text, { tomlVersion: '1.1' }).body[0].body) {
    if (node.type === 'TOMLTable') {
      positions.push({ path: node.resolvedKey, line: node.loc.start.line })
      for (const pair of node.body) collectPair(pair, node.resolvedKey, positions)
    } else {
      collectPair(node, [], positions)
    }
  }
  return positions
}

function collectPair(pair: AST.TOMLKeyValue, base: KeyPath, positions: Position[]): void {
  let path = base
  for (const key of pair.key.keys) {
    path = [...path, key.type === 'TOMLBare' ? key.name : key.value]
    positions.push({ path, line: key.loc.start.line })
  }
  collectValue(pair.value, path, positions)
}

function collectValue(value: AST.TOMLContentNode, path: KeyPath, positions: Position[]): void {
  if (value.type === 'TOMLInlineTable') {
    for (const pair of value.body) collectPair(pair, path, positions)
  } else if (value.type === 'TOMLArray') {
    for (const [index, element] of value.elements.entries()) {
      positions.push({ path: [...path, index], line: element.loc.start.line })
      collectValue(element, [...path, index], positions)
    }
  }
}
