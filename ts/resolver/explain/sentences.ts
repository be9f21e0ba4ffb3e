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

/** The lines of a derivation; cases are indented. */
export function sentencesOf(model: Model, derivation: Derivation): string[] {
  const needing = new Map<number, number>()
  return tell(model, derivation, needing, 0)
}

/** @param needing for each requirement met on the way, the candidate that needs it */
function tell(model: Model, derivation: Derivation, needing: Map<number, number>, depth: number): string[] {
  const lines = derivation.conclusions.flatMap((conclusion) => tellConclusion(model, conclusion, needing))
  const { cases, end } = derivation
  if (cases.length === 0) return [...lines, tellEnd(model, end, needing)]
  const ways = `${tellEnd(model, end, needing)}:`
  if (depth === DEEPEST) return [...lines, `${ways} none of these can be taken`]
  return [...lines, ways, ...cases.flatMap((one) => tellCase(model, one, needing, depth))]
}

function tellCase(
  model: Model,
  { variable, derivation }: Case,
  needing: Map<number, number>,
  depth: number,
): string[] {
  const lines = tell(model, derivation, new Map(needing), depth + 1)
  return [`- not ${described(model, variable)}:`, ...lines.map((line) => `  ${line}`)]
}

/** What follows from a fact that leaves one way. */
function tellConclusion(
  model: Model,
  { fact, variable }: Conclusion,
  needing: Map<number, number>,
): string[] {
  const { meaning, literals } = fact
  switch (meaning.kind) {
    case 'needs':
      needing.set(meaning.requirement, meaning.candidate)
      return []
    case 'requirement':
    case 'target':
    case 'keep': {
      const others = waysOut(model, fact).length > 1
      const only = `only ${described(model, variable)}`
      return [
        `${subject(model, fact, needing)}; ${others ? `of what would do ${only} is left` : `${only} does`}`,
      ]
    }
    case 'justify':
      return [`${subject(model, fact, needing)}; only ${described(model, variable)} does`]
    default:
      return literals.length > 1 ? [subject(model, fact, needing)] : []
  }
}

/** A fact to which nothing is left, or whose ways out are told as cases. */
function tellEnd(model: Model, fact: Fact, needing: Map<number, number>): string {
  const { meaning } = fact
  const sentence = subject(model, fact, needing)
  if (meaning.kind !== 'requirement' && meaning.kind !== 'target' && meaning.kind !== 'keep') return sentence
  const ways = waysOut(model, fact)
  if (ways.length > 0) return `${sentence}; only ${some(ways)} would do`
  if (meaning.kind === 'requirement') return `${sentence}; ${nothingFor(model, meaning.requirement, needing)}`
  return sentence
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
      return `${installedText(model, meaning.name)} is installed and not to be removed`
    case 'justify':
      return `${installedText(model, meaning.name)} goes only if something new replaces it or conflicts with it`
    case 'no-removal':
      return `${installedText(model, meaning.name)} would have to be removed, which was not asked for`
    case 'needs':
      return `${packageText(universe, meaning.candidate)} needs ${requirementText(universe, meaning.requirement)}`
    case 'one-version':
      return `only one version of ${candidateAt(universe, meaning.candidates[0]).name} can be there`
    case 'conflict':
      return conflictText(model, ...meaning.candidates)
    case 'replaces':
      return `${packageText(universe, meaning.candidates[0])} replaces ${packageText(universe, meaning.candidates[1])}`
    case 'gone':
      return `${candidateAt(universe, meaning.candidate).name} cannot be removed and there at once`
  }
}

function targetText({ kind, name, version }: Target): string {
  if (kind === 'upgrade') return `${name} is to be upgraded`
  return `${version === null ? name : `${name} ${version}`} was asked for`
}

function conflictText(model: Model, declaring: number, other: number): string {
  const { universe } = model
  const requirement = candidateAt(universe, declaring).conflicts.find((id) =>
    requirementAt(universe, id).satisfiers.includes(other),
  ) as number
  const said = `${packageText(universe, declaring)} conflicts with ${requirementText(universe, requirement)}`
  const is =
    requirementAt(universe, requirement).name === candidateAt(universe, other).name ? 'is' : 'provides'
  return is === 'is'
    ? `${said}, as is ${described(model, other)}`
    : `${said}, which ${described(model, other)} provides`
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
  if (present.length > 0)
    return `${some(present.map((candidate) => described(model, candidate)))} ${present.length > 1 ? 'are' : 'is'} all there is`
  const providers = universe.candidates.flatMap((candidate, at) => {
    const provide = candidate.provides.find((one) => one.name === name)
    return provide === undefined
      ? []
      : [`${described(model, at)} provides ${name} ${provide.version ?? ''}`.trimEnd()]
  })
  return providers.length > 0 ? some(providers) : `nothing offers ${name}`
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
