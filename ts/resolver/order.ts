// The order of a plan: dependencies first, removals after their dependents', cycles as one step, else by name.

import type { Result } from './changes.ts'
import { candidateAt, compareBytes, enforcedDependencies, isNew, type Model, requirementAt } from './model.ts'
import type { Step } from './plan.ts'
import type { Requirement } from './universe.ts'

/** Sorts steps; among those that nothing holds back, the smallest name goes first. */
export function orderSteps(model: Model, steps: readonly Step[], result: Result): Step[] {
  const byName = [...steps].sort((left, right) => compareBytes(left.name, right.name))
  const before = edges(model, byName, result)
  const group = components(before)
  return schedule(byName, before, group)
}

/** For each step, the steps that have to come before it. */
function edges(model: Model, steps: readonly Step[], result: Result): number[][] {
  const stepOf = new Int32Array(model.names.length).fill(-1)
  steps.forEach((step, at) => {
    stepOf[model.nameOf[step.candidate] as number] = at
  })
  const before: number[][] = steps.map(() => [])
  const bringing = bringers(model, result, stepOf)
  const removing = removers(model, steps, stepOf)
  steps.forEach((step, at) => {
    if (step.kind !== 'remove') {
      for (const requirement of enforcedDependencies(model, step.candidate)) {
        const sources = bringing(requirement)
        if (!sources.includes(at)) for (const source of sources) before[at]?.push(source)
      }
    }
    const leaving = step.kind === 'remove' ? step.candidate : step.from
    if (leaving === null) return
    for (const requirement of candidateAt(model.universe, leaving).dependencies) {
      for (const lost of removing(requirement)) if (lost !== at) before[lost]?.push(at)
    }
  })
  return before
}

type StepsOfRequirement = (requirement: number) => readonly number[]

/** The steps that bring what satisfies a requirement, where nothing that stays does. */
function bringers(model: Model, result: Result, stepOf: Int32Array): StepsOfRequirement {
  return onceEach(model, ({ satisfiers }) => {
    const chosen = satisfiers.filter((id) => result[model.nameOf[id] as number] === id)
    if (chosen.some((id) => !isNew(model, id))) return []
    return chosen.map((id) => stepOf[model.nameOf[id] as number] as number)
  })
}

/** Removals of what satisfies a requirement: what needs it goes, or moves on, first. */
function removers(model: Model, steps: readonly Step[], stepOf: Int32Array): StepsOfRequirement {
  if (!steps.some(({ kind }) => kind === 'remove')) return () => []
  return onceEach(model, ({ satisfiers }) =>
    satisfiers
      .filter((id) => !isNew(model, id))
      .map((id) => stepOf[model.nameOf[id] as number] as number)
      .filter((at) => steps[at]?.kind === 'remove'),
  )
}

function onceEach(model: Model, find: (requirement: Requirement) => readonly number[]): StepsOfRequirement {
  const known = new Map<number, readonly number[]>()
  return (id) => {
    const found = known.get(id) ?? find(requirementAt(model.universe, id))
    known.set(id, found)
    return found
  }
}

/** Tarjan's strongly connected components, without recursion. The number of each step's component. */
function components(before: readonly (readonly number[])[]): Int32Array {
  const count = before.length
  const component = new Int32Array(count).fill(-1)
  const index = new Int32Array(count).fill(-1)
  const low = new Int32Array(count)
  const next = new Int32Array(count)
  const open: number[] = []
  const path: number[] = []
  let visited = 0
  let found = 0
  const enter = (step: number): void => {
    index[step] = visited
    low[step] = visited++
    open.push(step)
    path.push(step)
  }
  for (let root = 0; root < count; root++) {
    if ((index[root] as number) < 0) enter(root)
    while (path.length > 0) {
      const step = path[path.length - 1] as number
      const target = before[step]?.[next[step] as number]
      if (target !== undefined) {
        next[step] = (next[step] as number) + 1
        if ((index[target] as number) < 0) enter(target)
        else if ((component[target] as number) < 0)
          low[step] = Math.min(low[step] as number, index[target] as number)
        continue
      }
      path.pop()
      const parent = path[path.length - 1]
      if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[step] as number)
      if (low[step] !== index[step]) continue
      for (let member = -1; member !== step; ) {
        member = open.pop() as number
        component[member] = found
      }
      found++
    }
  }
  return component
}

/** Takes components whose predecessors are all done, the one with the smallest name first. Steps come sorted by name. */
function schedule(steps: readonly Step[], before: readonly (readonly number[])[], group: Int32Array): Step[] {
  const count = group.reduce((most, id) => Math.max(most, id + 1), 0)
  const members: number[][] = Array.from({ length: count }, () => [])
  group.forEach((id, at) => {
    members[id]?.push(at)
  })
  const waiting = new Int32Array(members.length)
  const after: number[][] = members.map(() => [])
  before.forEach((sources, at) => {
    for (const source of sources) {
      if (group[source] === group[at]) continue
      after[group[source] as number]?.push(group[at] as number)
      waiting[group[at] as number] = (waiting[group[at] as number] as number) + 1
    }
  })
  const ready = heap((id: number) => members[id]?.[0] as number)
  members.forEach((_, id) => {
    if (waiting[id] === 0) ready.add(id)
  })
  const ordered: Step[] = []
  for (let id = ready.take(); id !== undefined; id = ready.take()) {
    for (const at of members[id] as number[]) ordered.push(steps[at] as Step)
    for (const later of after[id] as number[]) {
      waiting[later] = (waiting[later] as number) - 1
      if (waiting[later] === 0) ready.add(later)
    }
  }
  return ordered
}

/** A binary heap of numbers, the one with the smallest key on top. */
function heap(key: (item: number) => number): { add(item: number): void; take(): number | undefined } {
  const items: number[] = []
  const less = (left: number, right: number) => key(items[left] as number) < key(items[right] as number)
  const swap = (left: number, right: number): void => {
    const item = items[left] as number
    items[left] = items[right] as number
    items[right] = item
  }
  return {
    add(item) {
      items.push(item)
      for (let at = items.length - 1; at > 0 && less(at, (at - 1) >> 1); at = (at - 1) >> 1)
        swap(at, (at - 1) >> 1)
    },
    take() {
      const top = items[0]
      const last = items.pop()
      if (items.length === 0 || last === undefined) return top
      items[0] = last
      for (let at = 0; ; ) {
        const left = 2 * at + 1
        const child = left + 1 < items.length && less(left + 1, left) ? left + 1 : left
        if (child >= items.length || !less(child, at)) return top
        swap(at, child)
        at = child
      }
    },
  }
}
