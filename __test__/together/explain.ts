/** Whether what many processes saw and did can have happened one after the other. */
import { floorsThatWentDown } from './floors.ts'
import { describe, type Ran } from './run-schedule.ts'

export interface Transaction {
  readonly id: number
  readonly state: string
  readonly command: string
  readonly operations: readonly Operation[]
}

interface Operation {
  readonly name: string
  readonly from: string | null
  readonly to: string | null
}

/** Name → version. */
type Installed = ReadonlyMap<string, string>

interface ListedPackage {
  readonly name: string
  readonly version: string
}

interface Refreshed {
  readonly index_version: number | null
  readonly error: { readonly code: string } | null
}

/** Everything that the history does not explain, in words; `history` is the final one. */
export function unexplained(history: readonly Transaction[], ran: readonly Ran[]): readonly string[] {
  const committed = history.filter(({ state }) => state === 'committed').sort((a, b) => a.id - b.id)
  const problems: string[] = []
  const states = statesOf(committed, problems)
  const placed = place(committed, ran, problems)
  for (const one of ran) {
    if (one.signal !== null) continue
    const [first, last] = span(one, placed, committed.length)
    const seen = { one, states, committed, first, last }
    if (!explains(seen)) problems.push(`${describe(one)} is explained by no state of ${first} to ${last}`)
  }
  return [...problems, ...floorsThatWentDown(ran)]
}

/** The state after each transaction; each must begin where the one before it ended. */
function statesOf(committed: readonly Transaction[], problems: string[]): readonly Installed[] {
  const states: Installed[] = [new Map()]
  for (const { id, operations } of committed) {
    const next = new Map(states.at(-1))
    for (const { name, from, to } of operations) {
      if ((next.get(name) ?? null) !== from)
        problems.push(`transaction ${id} does not begin where the one before ended`)
      if (to === null) next.delete(name)
      else next.set(name, to)
    }
    states.push(next)
  }
  return states
}

/** Which command made which transaction: index into the history by command. */
function place(
  committed: readonly Transaction[],
  ran: readonly Ran[],
  problems: string[],
): ReadonlyMap<Ran, number> {
  const placed = new Map<Ran, number>()
  for (const [index, { id, command }] of committed.entries()) {
    const maker = ran.find(({ act, mark }) => act.kind === 'change' && command.includes(mark))
    if (maker === undefined || placed.has(maker)) problems.push(`nobody made transaction ${id}: ${command}`)
    else placed.set(maker, index)
  }
  for (const one of ran) {
    const said = transactionOf(one)
    const made = placed.get(one)
    if (said !== undefined && (made === undefined || committed[made]?.id !== said)) {
      problems.push(`${describe(one)} says that it made transaction ${said}`)
    }
    if (said === undefined && made !== undefined && one.signal === null) {
      problems.push(`${describe(one)} made transaction ${committed[made]?.id} and does not say so`)
    }
  }
  return placed
}

/** How many transactions there can have been while it ran: those that had ended are in, those that had not begun out. */
function span(one: Ran, placed: ReadonlyMap<Ran, number>, count: number): readonly [number, number] {
  let [first, last] = [0, count]
  for (const [other, index] of placed) {
    if (other.ended < one.began) first = Math.max(first, index + 1)
    if (other.began > one.ended) last = Math.min(last, index)
  }
  return [first, last]
}

interface Seen {
  readonly one: Ran
  readonly states: readonly Installed[]
  readonly committed: readonly Transaction[]
  readonly first: number
  readonly last: number
}

/** Whether one state of its time explains what it saw. */
function explains(seen: Seen): boolean {
  const { one, states, first, last } = seen
  const { act, code, document } = one
  const some = (holds: (installed: Installed) => boolean) => states.slice(first, last + 1).some(holds)
  if (act.kind === 'refresh') return isRefresh(code, document)
  if (act.kind === 'change') {
    return transactionOf(one) !== undefined || some((installed) => didNothing(one, installed))
  }
  const [verb, name = ''] = act.words
  if (verb === 'history') return isPartOfHistory(seen)
  if (verb === 'info') {
    const shown = code === 0 ? (document as ListedPackage).version : undefined
    return some((installed) => installed.get(name) === shown)
  }
  // What is available is looked at by the order in which it was seen.
  if (name === '--available') return code === 0
  return code === 0 && some((installed) => isSame(installed, document as ListedPackage[]))
}

function isPartOfHistory({ one, committed, first, last }: Seen): boolean {
  const shown = (one.document as Transaction[]).filter(({ state }) => state === 'committed')
  const ids = shown.map(({ id }) => id).reverse()
  const known = committed.slice(0, ids.length).map(({ id }) => id)
  return ids.length >= first && ids.length <= last && String(ids) === String(known)
}

/** Adopted, current, or refused because the repository went back. */
function isRefresh(code: number | null, document: unknown): boolean {
  const [refreshed] = document as Refreshed[]
  return code === 0
    ? typeof refreshed?.index_version === 'number'
    : refreshed?.error?.code === 'PEI_REPO_ROLLBACK'
}

function isSame(installed: Installed, shown: readonly ListedPackage[]): boolean {
  return (
    shown.length === installed.size && shown.every(({ name, version }) => installed.get(name) === version)
  )
}

/** A change that made no transaction: there was nothing to do, or nothing that it could remove. */
function didNothing({ act, code, document }: Ran, installed: Installed): boolean {
  if (act.kind !== 'change') return false
  const [verb, name = ''] = act.words
  if (code === 0) return verb === 'upgrade' || installed.has(name)
  const refused = (document as { error?: { code?: string } }).error?.code
  return refused === 'PEI_RESOLVE_NOT_INSTALLED' && !installed.has(name)
}

function transactionOf({ act, document }: Ran): number | undefined {
  if (act.kind !== 'change') return undefined
  return (
    (document as { result?: { transaction?: number | null } } | undefined)?.result?.transaction ?? undefined
  )
}
