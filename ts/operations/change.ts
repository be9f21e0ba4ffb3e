/** Every change of the installed set: plan, approve, fetch, commit, settle (architecture: install, step by step). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import type { Settings } from '../config/settings.ts'
import { asPeiError, PeiError, reasonOf } from '../native/errors.ts'
import type {
  CandidateSource,
  OverrideReview,
  RequestedOperation,
  Transaction,
  TransactionRequest,
  Universe,
} from '../native/system.ts'
import { cancellable, completing } from '../native/task.ts'
import { readSettings } from '../repository/configured.ts'
import { download, type WantedPackage } from '../repository/download.ts'
import { addressesOf, locationsOf } from '../repository/mirrors.ts'
import { openTransport } from '../repository/transport.ts'
import type { Step } from '../resolver/plan.ts'
import { failedChange, flushAudit, tellFailure } from './audit.ts'
import { authorise } from './authorise.ts'
import { withCautions } from './cautions.ts'
import { warnOfClock } from './clock.ts'
import { type Authorisation, type ElevatedAction, overrideActions } from './elevated-action.ts'
import { examineTrust } from './examine-trust.ts'
import { makePlan, type Planned, type PlanRequest, sourceOf, type Target } from './make-plan.ts'
import { openRepositories } from './open-repositories.ts'
import { agreementOn, reviewOverrides } from './overrides.ts'
import { recoverInPassing } from './recover.ts'
import type { Approval, Session } from './session.ts'
import { isSamePlan, type ShownPlan } from './shown-plan.ts'
import { runSideEffects } from './side-effects.ts'

export interface ChangeOptions {
  readonly dryRun: boolean
  readonly explain: boolean
  readonly cascade: boolean
  /** `upgrade --skip-broken`. */
  readonly skipBroken: boolean
  readonly overwriteUnowned: boolean
  readonly allowCritical: boolean
  /** `--no-sync`. */
  readonly noSync: boolean
  /** For the lock: null fails at once, 0 waits for ever. */
  readonly waitSeconds: number | null
  /** Ends once every package lies in the cache. */
  readonly downloadOnly: boolean
}

export type ChangeReport =
  | { readonly outcome: 'nothing'; readonly plan: ShownPlan }
  | { readonly outcome: 'dry-run'; readonly plan: ShownPlan }
  | { readonly outcome: 'declined' | Exclude<Authorisation, 'granted'>; readonly plan: ShownPlan }
  /** `packages`: how many of the plan lie in files now. */
  | { readonly outcome: 'downloaded'; readonly plan: ShownPlan; readonly packages: number }
  | Applied

interface Applied {
  readonly outcome: 'applied'
  readonly plan: ShownPlan
  readonly transaction: number
  readonly operations: number
  /** Files that were displaced and where they are kept. */
  readonly notes: readonly string[]
  /** A signal came when it was too late to stop. */
  readonly lateSignal: boolean
}

/** Everything that a change needs besides its targets. */
export interface ChangeContext {
  readonly options: ChangeOptions
  readonly repositories: readonly RepositoryConfiguration[]
  readonly settings: Settings
  /** Repositories whose archive index the plan may take packages from. */
  readonly archives: readonly string[]
  /** What needs an authorisation whatever the plan will be. */
  readonly elevated: readonly ElevatedAction[]
  /** Throws where a plan is not what the operator's words allow. */
  readonly check?: (planned: Planned) => void
  /** The transactions that this change reverses. */
  readonly reverses?: readonly number[]
  /** The targets anew, for a plan that is made anew: what an undo returns to depends on what is installed. */
  readonly retarget?: () => Promise<readonly Target[]>
}

/** The second stage: approved, and every package that it needs lies in a file. */
interface Fetched {
  readonly planned: Planned
  /** Absolute paths by candidate. */
  readonly files: ReadonlyMap<number, string>
  /** Modified files that the operator agreed to lose. */
  readonly removeModified: readonly string[]
  readonly targets: readonly Target[]
  /** Security-descriptor overrides that were shown and agreed to after the packages were here; undefined: not asked for. */
  readonly reviewed: readonly OverrideReview[] | undefined
}

export async function openChange(options: ChangeOptions, session: Session): Promise<ChangeContext> {
  const settings = await readSettings(session.system)
  const repositories = await openRepositories(session)
  warnOfClock(session)
  return { options, settings, repositories, archives: [], elevated: session.assumed ?? [] }
}

/**
 * Plans against the state as it is; when another transaction changed it before the lock was ours, plans anew, and asks
 * again only if the plan is another one (file 5, phase 3).
 */
export async function change(
  initial: readonly Target[],
  context: ChangeContext,
  session: Session,
): Promise<ChangeReport> {
  let targets = initial
  let approved: { readonly plan: ShownPlan; readonly removeModified: boolean } | undefined
  let reviewed: readonly OverrideReview[] | undefined
  const { repositories } = context
  const trust = await examineTrust(targets, repositories, !context.options.dryRun, session)
  for (;;) {
    const made = await telling(undefined, () =>
      makePlan(planRequest(targets, context), repositories, session),
    )
    const planned = withCautions(made, targets, trust)
    const { shown: plan } = planned
    context.check?.(planned)
    const empty = planned.plan.steps.length + planned.plan.marks.length === 0
    if (empty && !context.options.dryRun) await recoverInPassing(session)
    if (empty) return { outcome: 'nothing', plan }
    if (context.options.dryRun) return { outcome: 'dry-run', plan }
    if (approved === undefined || !isSamePlan(approved.plan, plan)) {
      const approval = await approve(plan, session)
      if (approval.kind !== 'approved') return { outcome: approval.kind, plan }
      approved = { plan, removeModified: approval.removeModified }
    }
    const removeModified = approved.removeModified ? plan.modified : []
    const files = await telling(plan, () => fetchPackages(planned, context, session))
    if (context.options.downloadOnly) return { outcome: 'downloaded', plan, packages: files.size }
    const fetched = { planned, files, removeModified, targets, reviewed }
    const transaction = await commit(fetched, context, session)
    if (transaction === 'overrides') {
      reviewed = await reviewFetched(fetched, context, session)
      const answer = await authorise(overrideActions(reviewed), session)
      if (answer !== 'granted') return { outcome: answer, plan }
    } else if (transaction === 'changed') {
      targets = (await context.retarget?.()) ?? targets
    } else {
      const applied = await settle(transaction, plan, session)
      trimCache(context.settings, session)
      return applied
    }
  }

  /** A change that is refused before the core hears of it is told to the audit trail from here. */
  async function telling<T>(plan: ShownPlan | undefined, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (!context.options.dryRun) tellFailure(failedChange(targets, plan), error, session)
      throw error
    }
  }
}

/** Packages of repositories say what they do to security descriptors only once they are here. */
async function reviewFetched(
  { planned, files, targets }: Fetched,
  { repositories, settings }: ChangeContext,
  session: Session,
): Promise<readonly OverrideReview[]> {
  const operations = planned.plan.steps.flatMap((step) =>
    step.kind === 'remove' ? [] : [requestedOperation(step, files, targets)],
  )
  const context = { repositories, limits: settings.limits }
  const known = new Set(planned.shown.overrides.map(({ sha256 }) => sha256))
  const found = await reviewOverrides(planned.universe, operations, context, session)
  const reviews = found.filter(({ sha256 }) => !known.has(sha256))
  session.reporter.showOverrides(reviews)
  return reviews
}

/** File 7: the plan, each elevated question, then the routine ones. */
async function approve(
  plan: ShownPlan,
  session: Session,
): Promise<Approval | { readonly kind: Exclude<Authorisation, 'granted'> }> {
  session.reporter.showPlan(plan)
  const kind = await authorise(plan.elevated, session)
  return kind === 'granted' ? await session.reporter.approve(plan) : { kind }
}

function planRequest(
  targets: readonly Target[],
  { options, settings, archives, elevated }: ChangeContext,
): PlanRequest {
  const { cascade, explain, skipBroken } = options
  const { resolverSteps: stepLimit, limits } = settings
  return { targets, cascade, explain, skipBroken, stepLimit, limits, archives, elevated }
}

/** What was not used for longest makes room. */
function trimCache({ cacheBytes }: Settings, { system, reporter }: Session): void {
  try {
    system.trimCache(cacheBytes)
  } catch (error) {
    reporter.warn(`the cache could not be brought below its limit: ${reasonOf(error)}`)
  }
}

/** Local files as they are, the others into the cache. */
async function fetchPackages(
  { plan, universe, view }: Planned,
  { repositories, settings }: ChangeContext,
  session: Session,
): Promise<ReadonlyMap<number, string>> {
  const candidates = plan.steps.flatMap((step) =>
    step.kind === 'remove' || view.candidates[step.candidate]?.source === 'retained' ? [] : [step.candidate],
  )
  return await fetchCandidates(candidates, universe, { repositories, settings }, session)
}

/** Absolute paths by candidate. */
export async function fetchCandidates(
  candidates: readonly number[],
  universe: Universe,
  { repositories, settings }: Pick<ChangeContext, 'repositories' | 'settings'>,
  session: Session,
): Promise<ReadonlyMap<number, string>> {
  const files = new Map<number, string>()
  const wanted = new Map<number, WantedPackage>()
  for (const candidate of candidates) {
    const source = sourceOf(universe, candidate)
    if (source.file === undefined) wanted.set(candidate, wantedPackage(source, repositories, session))
    else files.set(candidate, source.file)
  }
  const paths = await download([...wanted.values()], {
    system: session.system,
    open: (signal) => openTransport({ signal, ...session.network }),
    signal: session.signal,
    parallel: settings.parallelDownloads,
    progress: session.reporter.progress,
    warn: session.reporter.warn,
  })
  for (const [candidate, { sha256 }] of wanted) files.set(candidate, paths.get(sha256) as string)
  return files
}

function wantedPackage(
  { repository, url, sha256, size, filename }: CandidateSource,
  repositories: readonly RepositoryConfiguration[],
  { system }: Session,
): WantedPackage {
  const configured = repositories.find(({ name }) => name === repository)
  if (configured === undefined || url === undefined) throw new RangeError(`${filename} has no repository`)
  return { places: addressesOf(url, locationsOf(configured, system)), sha256, size, filename }
}

/** From here to the end of the process nothing is loaded any more: the transaction may replace this very program. */
async function commit(
  fetched: Fetched,
  context: ChangeContext,
  session: Session,
): Promise<Transaction | 'changed' | 'overrides'> {
  try {
    return await completing(session.reporter.progress, (progress) =>
      cancellable(session.signal, (token) =>
        session.system.transaction(
          fetched.planned.universe,
          transactionRequest(fetched, context, session),
          progress,
          token,
        ),
      ),
    )
  } catch (error) {
    const code = asPeiError(error)?.code
    if (code === 'PEI_STATE_CHANGED') return 'changed'
    // Once everything was shown and agreed to, a refusal is one.
    if (code === 'PEI_SD_REFUSED' && fetched.reviewed === undefined) return 'overrides'
    // The core has stored the rejection, or the rollback.
    flushAudit(session)
    throw namingPackages(error, fetched.planned)
  }
}

/** The core knows cached packages by their digest; people know them by name. */
function namingPackages(error: unknown, { plan, universe, view }: Planned): unknown {
  const known = asPeiError(error)
  if (known === undefined) return error
  let { message } = known
  for (const step of plan.steps) {
    if (step.kind === 'remove' || view.candidates[step.candidate]?.source === 'retained') continue
    const { sha256, filename } = sourceOf(universe, step.candidate)
    message = message.replaceAll(`${sha256}.peipkg`, filename)
  }
  return message === known.message ? error : new PeiError(known.code, message, { cause: error })
}

function transactionRequest(
  { planned, files, removeModified, targets, reviewed }: Fetched,
  { options, settings, repositories, reverses = [] }: ChangeContext,
  session: Session,
): TransactionRequest {
  return {
    operations: [
      ...planned.plan.steps.map((step) => requestedOperation(step, files, targets)),
      ...planned.plan.marks.map(({ kind, name }) => ({ kind, name })),
    ],
    reverses: [...reverses],
    command: session.commandLine,
    overwriteUnowned: options.overwriteUnowned,
    allowCritical: options.allowCritical,
    critical: [...settings.critical],
    removeModified: [...removeModified],
    durability: options.noSync ? 'none' : settings.durability,
    ...(options.waitSeconds === null ? {} : { waitSeconds: options.waitSeconds }),
    retention: settings.retention,
    dropInDirectories: [...settings.dropInDirectories],
    overrides: agreementOn([...planned.shown.overrides, ...(reviewed ?? [])], repositories),
    limits: Object.entries(settings.limits).map(([name, value]) => ({ name, value })),
    now: session.now(),
  }
}

function requestedOperation(
  step: Step,
  files: ReadonlyMap<number, string>,
  targets: readonly Target[],
): RequestedOperation {
  if (step.kind !== 'remove') {
    const { kind, candidate, reason } = step
    const restored = targets.find((target) => target.kind === 'restore' && target.name === step.name)
    const file = files.get(candidate)
    return {
      ...{ kind, candidate, reason },
      ...(file === undefined ? {} : { file }),
      ...(restored?.kind === 'restore' ? { restores: restored.transaction } : {}),
    }
  }
  const { kind, name, replacedBy } = step
  return replacedBy === undefined ? { kind, name } : { kind, name, replacedBy }
}

/** The transaction is committed: whatever fails now is a warning. */
async function settle(transaction: Transaction, plan: ShownPlan, session: Session): Promise<Applied> {
  const { id, operations, notes } = transaction
  const lateSignal = session.signal.aborted
  for (const text of transaction.warnings) session.reporter.warn(text)
  const done = (effect: string, version?: string) => transaction.sideEffectDone(effect, version)
  const effects = await runSideEffects(session.system.root, transaction.sideEffects(), done)
  for (const text of effects.warnings) session.reporter.warn(text)
  try {
    for (const text of await transaction.finish()) session.reporter.warn(text)
  } catch (error) {
    session.reporter.warn(
      `the transaction is committed, but not tidied up: ${reasonOf(error)} (the next one will)`,
    )
  }
  return {
    ...{ outcome: 'applied', plan, transaction: id, operations, lateSignal },
    notes: [...notes, ...effects.notes],
  }
}

/** For `install FILE` where the configuration does not allow it. */
export function refuseLocalFiles(targets: readonly Target[], settings: Settings): void {
  const local = targets.find((target) => target.kind === 'install-file')
  if (local === undefined || settings.allowLocalFiles) return
  throw new PeiError(
    'PEI_CONFIG_INVALID',
    `${local.file} is a local file: allow_local_files is false in /conf/peipkg/peipkg.toml`,
  )
}
