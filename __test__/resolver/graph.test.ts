import { expect, test } from 'vitest'
import { dependencyGraph } from '../../ts/resolver/graph.ts'
import { rootsOf } from '../../ts/resolver/roots.ts'
import { REPOSITORIES } from './scenario.ts'
import { buildUniverse, type PackageDescription } from './universe-builder.ts'

const installed = (name: string, ...needs: readonly string[]): PackageDescription => ({
  ...{ name, from: 'installed', needs },
})

function graphOf(packages: readonly PackageDescription[]) {
  const universe = buildUniverse(REPOSITORIES, packages)
  const idOf = (name: string) => universe.candidates.findIndex((candidate) => candidate.name === name)
  const nameOf = (id: number) => universe.candidates[id]?.name
  return { graph: dependencyGraph(universe), all: universe.candidates.map((_, id) => id), idOf, nameOf }
}

test('the roots lead to everything, and one of a ring is enough', () => {
  const { graph, all, idOf, nameOf } = graphOf([
    installed('app', 'lib'),
    installed('lib', 'ring-a'),
    installed('ring-a', 'ring-b'),
    installed('ring-b', 'ring-a'),
    installed('two-a', 'two-b', 'base'),
    installed('two-b', 'two-a'),
    installed('base'),
    { ...installed('alone'), suggests: ['extra'] },
    installed('extra'),
    installed('self', 'self'),
  ])
  const roots = (known: readonly string[]) => {
    const rest = all.filter((id) => !known.includes(nameOf(id) ?? ''))
    return [...rootsOf(graph, rest, known.map(idOf))].map(nameOf).sort()
  }
  expect(roots([])).toEqual(['alone', 'app', 'extra', 'self', 'two-a'])
  expect(roots(['two-b', 'lib'])).toEqual(['alone', 'app', 'extra', 'self'])
})

test('one question answers as the index of all does', () => {
  const { graph, idOf } = graphOf([
    installed('app', 'lib', 'base'),
    installed('tool', 'base'),
    { ...installed('lib', 'base'), suggests: ['app'] },
    installed('base'),
  ])
  for (const name of ['app', 'tool', 'lib', 'base']) {
    expect(graph.dependentsOnce([idOf(name)])).toEqual(graph.dependentsOf([idOf(name)]))
  }
})
