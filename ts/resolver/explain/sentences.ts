// A derivation in sentences: who needs what, what there is of it, and why that cannot be taken.

import { candidateAt, type Model, requirementAt } from '../model.ts'
import { variableOf } from '../search/literal.ts'
import { offered, type Target } from '../target.ts'
import { enumerate, originOf, packageText, requirementText } from '../text.ts'
import type { Case, Conclusion, Derivation } from './derive.ts'
import type { Fact } from './fact.ts'

/** Packages named in one sentence before the rest is only counted. */
const MOST_NAMED = 4

/** Cases within cases that are told; deeper ones are left out. */
const DEEPEST = 8

/** How the sentence about what a fact leaves goes on. */
const DOES = { target: 'is on offer', requirement: 'satisfies it', justify: 'does', keep: 'is left' } as const
const WOULD = {
  target: 'could be taken',
  requirement: 'would satisfy it',
  justify: 'would do that',
  keep: 'could be there',
} as const

/** The lines of a derivation; cases are indented. */
export function sentencesOf(model: Model, derivation: Derivation): string[] {
  return tell(model, derivation, new Map(), 0)
}

/** @param needing for each requirement met on the way, the candidate that needs it */
function tell(model: Model, derivation: Derivation, needing: Map<number, number>, depth: number): string[] {
  const { conclusions, cases, end } = derivation
  const lines = conclusions.flatMap((conclusion, at) => {
    if (isSameConflict(conclusions[at - 1]?.fact, conclusion.fact)) return []
    return tellConclusion(model, conclusion, conflictsFrom(conclusions, at), needing)
  })
  if (cases.length === 0) return [...lines, tellEnd(model, end, needing)]
  if (depth === DEEPEST) return [...lines, `${tellEnd(model, end, needing)}, and none of these can be taken`]
  const told = cases.flatMap((one) => tellCase(model, one, needing, depth))
  return [...lines, `${tellEnd(model, end, needing)}:`, ...told]
}

function tellCase(
  model: Model,
  { variable, derivation }: Case,
  needing: Map<number, number>,
  depth: number,
): string[] {
  const lines = tell(model, derivation, new Map(needing), depth + 1)
  const head = `- not ${described(model, variable)}:`
  return lines.length === 1 ? [`${head} ${lines[0]}`] : [head, ...lines.map((line) => `  ${line}`)]
}

/** What follows from a fact that leaves one way. Conflicts of one package are told together. */
function tellConclusion(
  model: Model,
  { fact, variable }: Conclusion,
  conflicting: readonly number[],
  needing: Map<number, number>,
): string[] {
  const { meaning } = fact
  switch (meaning.kind) {
    case 'needs':
      needing.set(meaning.requirement, meaning.candidate)
      return []
    case 'target':
    case 'requirement':
    case 'justify': {
      const rest = waysOut(model, fact).length > 1 ? `of what ${WOULD[meaning.kind]}, only` : 'only'
      const is = waysOut(model, fact).length > 1 ? 'is left' : DOES[meaning.kind]
      return [`${subject(model, fact, needing)}; ${rest} ${described(model, variable)} ${is}`]
    }
    case 'keep': {
      const others = waysOut(model, fact).length > 1
      const rest = others ? `only ${described(model, variable)} is left` : 'nothing newer is on offer'
      return [`${subject(model, fact, needing)}; ${rest}`]
    }
    case 'conflict':
      return [conflictText(model, meaning.candidates[0], conflicting)]
    default:
      return [subject(model, fact, needing)]
  }
}

/** A fact to which nothing is left, or whose ways out are told as cases. */
function tellEnd(model: Model, fact: Fact, needing: ReadonlyMap<number, number>): string {
  const { meaning } = fact
  const sentence = subject(model, fact, needing)
  if (meaning.kind !== 'requirement' && meaning.kind !== 'target' && meaning.kind !== 'keep') return sentence
  const ways = waysOut(model, fact)
  if (meaning.kind === 'keep' && ways.length === 1) return sentence
  if (ways.length > 0) return `${sentence}; only ${some(ways)} ${WOULD[meaning.kind]}`
  return meaning.kind === 'requirement'
    ? `${sentence}; ${nothingFor(model, meaning.requirement, needing)}`
    : sentence
}

/** Conflicts that one package declares by one relation. */
function isSameConflict(left: Fact | undefined, right: Fact): boolean {
  if (left?.meaning.kind !== 'conflict' || right.meaning.kind !== 'conflict') return false
  return left.meaning.candidates[0] === right.meaning.candidates[0]
}

/** What the package of a conflict conflicts with, in this conclusion and those after it that tell the same. */
function conflictsFrom(conclusions: readonly Conclusion[], start: number): number[] {
  const others: number[] = []
  for (let at = start; at < conclusions.length; at++) {
    const { fact } = conclusions[at] as Conclusion
    if (fact.meaning.kind !== 'conflict' || (at > start && !isSameConflict(conclusions[start]?.fact, fact)))
      break
    others.push(fact.meaning.candidates[1])
  }
  return others
}

function subject(model: Model, { meaning }: Fact, needing: ReadonlyMap<number, number>): string {
  const { universe } = model
  switch (meaning.kind) {
    case 'target':
      return targetText(meaning.target)
    case 'requirement': {
      const dependent = needing.get(meaning.requirement)
      const who = dependent === undefined ? 'something' : packageText(universe, dependent)
      return `${who} needs ${requirementText(universe, meaning.requirement)}`
    }
    case 'keep':
      return `${installedText(model, meaning.name)} is installed and was not asked to be removed`
    case 'justify':
      return `${installedText(model, meaning.name)} would go only for a new package that replaces it or conflicts with it`
    case 'no-removal':
      return `${installedText(model, meaning.name)} would have to be removed, which was not asked for`
    case 'needs':
      return `${packageText(universe, meaning.candidate)} needs ${requirementText(universe, meaning.requirement)}`
    case 'one-version':
      return `only one version of ${candidateAt(universe, meaning.candidates[0]).name} can be installed`
    case 'conflict':
      return conflictText(model, meaning.candidates[0], [meaning.candidates[1]])
    case 'replaces':
      return `${packageText(universe, meaning.candidates[0])} replaces ${packageText(universe, meaning.candidates[1])}`
    case 'gone':
      return `${candidateAt(universe, meaning.candidate).name} cannot be removed and there at once`
  }
}

function targetText({ kind, name, version }: Target): string {
  if (kind === 'upgrade') return `${name} is to be upgraded`
  if (kind === 'restore') return `${name} is to be put back`
  return `${version === null ? name : `${name} ${version}`} was asked for`
}

function conflictText(model: Model, declaring: number, others: readonly number[]): string {
  const { universe } = model
  const texts = candidateAt(universe, declaring).conflicts.flatMap((id) => {
    const { name, constraint, satisfiers } = requirementAt(universe, id)
    const met = others.filter((other) => satisfiers.includes(other))
    if (met.length === 0) return []
    const providing = met.filter((other) => candidateAt(universe, other).name !== name)
    const named = some(met.map((other) => described(model, other)))
    if (providing.length > 0)
      return [`${requirementText(universe, id)}, which ${named} provide${met.length > 1 ? '' : 's'}`]
    return [constraint === null ? named : `${requirementText(universe, id)}, such as ${named}`]
  })
  return `${packageText(universe, declaring)} conflicts with ${enumerate(texts)}`
}

/** What a fact leaves to choose from, in the order of preference where it has one. */
function waysOut(model: Model, { literals, meaning }: Fact): string[] {
  if (meaning.kind === 'target') return meaning.target.options.map((id) => described(model, id))
  return literals
    .filter((literal) => (literal & 1) === 0)
    .map((literal) => described(model, variableOf(literal)))
}

/** Why a requirement has no satisfier that could be taken. */
function nothingFor(model: Model, id: number, needing: ReadonlyMap<number, number>): string {
  const { universe, exclusions } = model
  const { name, satisfiers, wrongArchitecture } = requirementAt(universe, id)
  const excluded = satisfiers.find((candidate) => exclusions[candidate] !== null)
  if (excluded !== undefined) return excludedText(model, excluded)
  const other = wrongArchitecture[0]
  if (other !== undefined) return architectureText(model, other, needing.get(id))
  const present = offered(model, name)
  if (present.length > 0) return offerText(model, present)
  const providers = universe.candidates.flatMap((candidate, at) => {
    const provide = candidate.provides.find((one) => one.name === name)
    return provide === undefined
      ? []
      : [`${described(model, at)} provides ${name} ${provide.version ?? ''}`.trimEnd()]
  })
  return providers.length > 0 ? some(providers) : `nothing offers ${name}`
}

/** `official offers libssl 3.2-1 only` */
function offerText(model: Model, ids: readonly number[]): string {
  const { universe } = model
  const origins = new Set(ids.map((id) => originOf(universe, candidateAt(universe, id))))
  if (origins.size > 1 || ids.some((id) => candidateAt(universe, id).source !== 'repository')) {
    return `there ${ids.length > 1 ? 'are' : 'is'} only ${some(ids.map((id) => described(model, id)))}`
  }
  return `${[...origins].join()} offers ${some(ids.map((id) => packageText(universe, id)))} only`
}

/** Why a candidate of the universe cannot be chosen. */
export function excludedText(model: Model, id: number): string {
  const { universe } = model
  const text = described(model, id)
  const installed = model.installed[model.nameOf[id] as number] as number
  switch (model.exclusions[id]) {
    case 'removed':
      return `${candidateAt(universe, id).name} is to be removed`
    case 'older':
      return `${text} would do, but ${packageText(universe, installed)} is installed, and a package moves backward only by a downgrade`
    case 'held':
      return `${text} would do, but ${packageText(universe, installed)} is held`
    case 'architecture':
      return `${text} is for ${candidateAt(universe, id).architecture}, this system is ${universe.architecture}`
    default:
      return `${text} is installed already`
  }
}

function architectureText(model: Model, other: number, dependent: number | undefined): string {
  const { universe } = model
  const { architecture } = candidateAt(universe, other)
  const depending = dependent === undefined ? undefined : candidateAt(universe, dependent)
  if (depending?.architecture === 'noarch') {
    return `${packageText(universe, other)} is for ${architecture}, and a noarch package cannot depend on an architecture-specific one`
  }
  return `${packageText(universe, other)} is for ${architecture}, not for ${depending?.architecture ?? universe.architecture}`
}

/** `libssl 3.2-1 (official)` */
function described(model: Model, variable: number): string {
  const { universe } = model
  if (variable >= universe.candidates.length) return 'removing it'
  const candidate = candidateAt(universe, variable)
  const where = candidate.source === 'installed' ? 'installed' : originOf(universe, candidate)
  return `${packageText(universe, variable)} (${where})`
}

function installedText(model: Model, name: number): string {
  return packageText(model.universe, model.installed[name] as number)
}

function some(items: readonly string[]): string {
  if (items.length <= MOST_NAMED) return enumerate(items)
  return enumerate([...items.slice(0, MOST_NAMED - 1), `${items.length - MOST_NAMED + 1} more`])
}
