// The order in which choices are made, and with it what "the preferred valid result" means.
//
// A result is walked as follows. The targets of the request come first, in request order. Reaching a candidate appends
// its dependencies, by name: to the first queue those that only one package name can satisfy, to the second those where
// names compete. The first queue is served before the second, both first in, first out. Serving an entry chooses the
// first of its options, in the order of `orderSatisfiers`, that is in the result, and reaches it; an entry that
// something reached before satisfies already chooses nothing. When both queues are empty, the installed names not yet
// reached follow in name order, one at a time: as installed, else another version by the order within a name, else gone.
//
// A result is valid when it satisfies the constraints of `problem.ts` and the walk reaches every new package in it:
// nothing is installed that neither the request nor a package of the result needs. The preferred one of the valid results
// removes the fewest installed packages that the request did not name; among these, its places of choice, compared one
// by one from the start of the walk, come first. No two valid results have the same choices, so that exactly one is
// preferred, and it changes nothing that its choices do not ask for (PSD-009 §4.2.4).

import { candidateAt, compareBytes, enforcedDependencies, isNew, type Model, requirementAt } from './model.ts'
import { compareWithinName, orderSatisfiers } from './preference.ts'
import { eligibleSatisfiers, type Problem } from './problem.ts'
import { rowOf } from './relation-table.ts'
import { type Effort, look } from './search/effort.ts'
import { type IntList, intList, push } from './search/int-list.ts'
import { negative, positive } from './search/literal.ts'
import { COMPLETE, type Decider, UNACCEPTABLE } from './search/search.ts'
import type { Trail } from './search/trail.ts'

/** Entries of two integers: a requirement and its depending candidate, or a target (its place) and -1. */
interface Queue {
  readonly entries: IntList
  head: number
}

interface Mark {
  readonly firstSize: number
  readonly firstHead: number
  readonly secondSize: number
  readonly secondHead: number
  readonly reached: number
  readonly installed: number
}

/** Walks along the search: decides the first option of the next choice that is still open. */
export class Walk implements Decider {
  readonly #problem: Problem
  readonly #model: Model
  readonly #first: Queue = { entries: intList(), head: 0 }
  readonly #second: Queue = { entries: intList(), head: 0 }
  readonly #reached: IntList = intList()
  readonly #isReached: Uint8Array
  /** 1 where packages of more than one name satisfy the requirement. */
  readonly #competitive: Uint8Array
  readonly #installedNames: readonly number[]
  #installed = 0
  readonly #marks: Mark[] = []
  readonly #options = new Map<number, readonly number[]>()
  readonly #fates = new Map<number, readonly number[]>()
  readonly #isNameReached: Uint8Array
  readonly #maximumRemovals: number
  readonly #effort: Effort

  constructor(problem: Problem, maximumRemovals: number, effort: Effort) {
    this.#problem = problem
    this.#model = problem.model
    this.#maximumRemovals = maximumRemovals
    this.#effort = effort
    this.#isReached = new Uint8Array(problem.model.universe.candidates.length)
    this.#isNameReached = new Uint8Array(problem.model.names.length)
    this.#competitive = competitiveRequirements(problem.model)
    this.#installedNames = [...problem.model.names.keys()].filter((name) => this.#stays(name))
    problem.targets.forEach((_, place) => {
      enqueue(this.#first, place, -1)
    })
  }

  objection(trail: Trail): readonly number[] | null {
    if (this.#maximumRemovals === Number.POSITIVE_INFINITY) return null
    look(this.#effort, this.#problem.unasked.length)
    const removals = this.#problem.unasked.filter((variable) => trail.values[variable] === 1)
    return removals.length > this.#maximumRemovals ? removals.map(negative) : null
  }

  next(trail: Trail): number {
    for (;;) {
      const queue = this.#pending()
      const options = queue === null ? this.#nextInstalled() : this.#optionsOf(queue)
      look(this.#effort, options?.length ?? trail.size)
      if (options === null) return this.#isFounded(trail) ? COMPLETE : UNACCEPTABLE
      const chosen = queue !== null && hasReached(this.#isReached, options) ? -1 : firstOpen(trail, options)
      if (chosen >= 0 && trail.values[chosen] === 0) return positive(chosen)
      if (queue === null) this.#installed++
      else queue.head += 2
      if (chosen >= 0 && chosen < this.#isReached.length) this.#reach(chosen)
    }
  }

  mark(): void {
    this.#marks.push({
      firstSize: this.#first.entries.size,
      firstHead: this.#first.head,
      secondSize: this.#second.entries.size,
      secondHead: this.#second.head,
      reached: this.#reached.size,
      installed: this.#installed,
    })
  }

  backtrack(level: number): void {
    const mark = this.#marks[level]
    if (mark === undefined) return
    this.#marks.length = level
    this.#first.entries.size = mark.firstSize
    this.#first.head = mark.firstHead
    this.#second.entries.size = mark.secondSize
    this.#second.head = mark.secondHead
    for (let at = mark.reached; at < this.#reached.size; at++) {
      const candidate = this.#reached.values[at] as number
      this.#isReached[candidate] = 0
      this.#isNameReached[this.#model.nameOf[candidate] as number] = 0
    }
    this.#reached.size = mark.reached
    this.#installed = mark.installed
  }

  #stays(name: number): boolean {
    return (
      (this.#model.installed[name] as number) >= 0 &&
      !this.#model.removed.has(this.#model.names[name] as string)
    )
  }

  #pending(): Queue | null {
    if (this.#first.head < this.#first.entries.size) return this.#first
    return this.#second.head < this.#second.entries.size ? this.#second : null
  }

  #optionsOf(queue: Queue): readonly number[] {
    const entry = queue.entries.values[queue.head] as number
    const dependent = queue.entries.values[queue.head + 1] as number
    if (dependent < 0) return this.#problem.targets[entry]?.options ?? []
    const { repository } = candidateAt(this.#model.universe, dependent)
    // An installed package's repository may be -1.
    const key = entry * (this.#model.universe.repositories.length + 1) + repository + 1
    return cached(this.#options, key, () =>
      orderSatisfiers(this.#model, repository, eligibleSatisfiers(this.#model, entry)),
    )
  }

  /** The next installed name that nothing has reached; null after the last. */
  #nextInstalled(): readonly number[] | null {
    for (; this.#installed < this.#installedNames.length; this.#installed++) {
      const name = this.#installedNames[this.#installed] as number
      if (this.#isNameReached[name] === 0) return cached(this.#fates, name, () => this.#fatesOf(name))
    }
    return null
  }

  /** What may become of an installed name, in order of preference. */
  #fatesOf(name: number): number[] {
    const { exclusions } = this.#model
    const eligible = Array.from(rowOf(this.#model.members, name)).filter((id) => exclusions[id] === null)
    eligible.sort((left, right) => {
      const byNovelty = Number(isNew(this.#model, left)) - Number(isNew(this.#model, right))
      return byNovelty || compareWithinName(this.#model, left, right)
    })
    const removal = this.#problem.removals[name] as number
    return removal < 0 ? eligible : [...eligible, removal]
  }

  #reach(candidate: number): void {
    if (this.#isReached[candidate] === 1) return
    this.#isReached[candidate] = 1
    this.#isNameReached[this.#model.nameOf[candidate] as number] = 1
    push(this.#reached, candidate)
    for (const requirement of dependenciesByName(this.#model, candidate)) {
      enqueue(this.#competitive[requirement] === 1 ? this.#second : this.#first, requirement, candidate)
    }
  }

  /** Whether all that is in the result was reached, and what leaves it is driven out by something that was. */
  #isFounded(trail: Trail): boolean {
    for (let at = 0; at < trail.size; at++) {
      const literal = trail.literals[at] as number
      const candidate = literal >> 1
      if ((literal & 1) === 1 || candidate >= this.#isReached.length) continue
      if (this.#isReached[candidate] !== 1) return false
    }
    for (const [name, drivers] of this.#problem.drivers) {
      if (drivers === null || trail.values[this.#problem.removals[name] as number] !== 1) continue
      if (!drivers.some((id) => this.#isReached[id] === 1)) return false
    }
    return true
  }
}

/** The dependencies that count for a candidate, in the order in which the walk serves them. */
function dependenciesByName(model: Model, candidate: number): readonly number[] {
  const dependencies = enforcedDependencies(model, candidate)
  const compare = (left: number, right: number): number =>
    compareBytes(requirementAt(model.universe, left).name, requirementAt(model.universe, right).name)
  const sorted = dependencies.every((id, at) => at === 0 || compare(dependencies[at - 1] as number, id) <= 0)
  return sorted ? dependencies : dependencies.toSorted(compare)
}

function cached<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key) ?? make()
  known.set(key, found)
  return found
}

function competitiveRequirements(model: Model): Uint8Array {
  return Uint8Array.from(model.universe.requirements, (_, requirement) => {
    const satisfiers = eligibleSatisfiers(model, requirement)
    return satisfiers.some((id) => model.nameOf[id] !== model.nameOf[satisfiers[0] as number]) ? 1 : 0
  })
}

function hasReached(isReached: Uint8Array, options: readonly number[]): boolean {
  for (const id of options) if (isReached[id] === 1) return true
  return false
}

/** The first option that is not ruled out, or -1. */
function firstOpen(trail: Trail, options: readonly number[]): number {
  for (const id of options) if ((trail.values[id] as number) >= 0) return id
  return -1
}

function enqueue(queue: Queue, entry: number, dependent: number): void {
  push(queue.entries, entry)
  push(queue.entries, dependent)
}
