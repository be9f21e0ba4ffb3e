/** The system below one root: what is installed, what repositories offer, and how both change. */
import type {
  Adoption,
  ArchiveUpdate,
  AuditEvent,
  AuditVerification,
  CacheWriter,
  Candidate,
  CandidateSource,
  Concern,
  ConfigurationFile,
  HttpValidators,
  Imported,
  InstalledPackage,
  KnownIndex,
  ModifiedFile,
  System as NativeSystem,
  OnProgress,
  OverrideAgreement,
  OverrideRequest,
  OverrideReview,
  OwnedPath,
  PendingConfigurationReport,
  RebuildRequest,
  Rebuilt,
  RecordedOverride,
  RecoveryReport,
  RepositoryPolicy,
  RepositoryProblem,
  RepositoryRecord,
  RepositoryUpdate,
  RequestedOperation,
  ReturningPackage,
  SecretFile,
  SystemStatus,
  Transaction,
  TransactionRecord,
  TransactionRequest,
  Universe,
  UniverseRequest,
  UniverseView,
  VerifyReport,
} from '../../index.d.ts'
import { guard, guardAsync } from './addon.ts'
import type { FetchedDocument } from './fetched.ts'
import type { CancelToken } from './task.ts'

export type {
  Adoption,
  AuditEvent,
  AuditVerification,
  CacheWriter,
  Candidate,
  CandidateSource,
  Concern,
  ConfigurationFile,
  HttpValidators,
  Imported,
  InstalledPackage,
  KnownIndex,
  ModifiedFile,
  OverrideAgreement,
  OverrideReview,
  OwnedPath,
  PendingConfigurationReport,
  RebuildRequest,
  Rebuilt,
  RecordedOverride,
  RecoveryReport,
  RepositoryPolicy,
  RepositoryRecord,
  RepositoryUpdate,
  RequestedOperation,
  ReturningPackage,
  SystemStatus,
  Transaction,
  TransactionRecord,
  TransactionRequest,
  Universe,
  UniverseRequest,
  UniverseView,
  VerifyReport,
}

/** A package that a search found. */
export interface FoundPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly repository: string
  readonly description: string
  /** The installed version of that name; null when there is none. */
  readonly installed: string | null
}

/** What a search found, and which repositories it could not use. */
interface FoundPackages {
  readonly found: readonly FoundPackage[]
  readonly problems: RepositoryProblem[]
}

/**
 * Every method throws or rejects with a PeiError. The handles that some return (Universe, Transaction, CacheWriter) are
 * the addon's own: their errors carry the same codes.
 */
export class System {
  readonly #native: NativeSystem

  /** Resolves the root once; creates nothing. */
  constructor(root: string) {
    this.#native = guard((native) => new native.System(root))
  }

  get root(): string {
    return this.#native.root
  }

  status(): SystemStatus {
    return guard(() => this.#native.status())
  }

  listPackages(): InstalledPackage[] {
    return guard(() => this.#native.listPackages())
  }

  findPackage(name: string): InstalledPackage | null {
    return guard(() => this.#native.findPackage(name))
  }

  ownedPaths(name: string): OwnedPath[] | null {
    return guard(() => this.#native.ownedPaths(name))
  }

  owners(path: string): string[] {
    return guard(() => this.#native.owners(path))
  }

  history(limit: number): TransactionRecord[] {
    return guard(() => this.#native.history(limit))
  }

  /** What undoing transactions would return to, by name. */
  reversal(reverses: readonly number[]): Promise<ReturningPackage[]> {
    return guardAsync(() => this.#native.reversal([...reverses]))
  }

  verifyInstalled(
    names: readonly string[] | null,
    quick: boolean,
    progress?: OnProgress,
    cancel?: CancelToken,
  ): Promise<VerifyReport> {
    return guardAsync(() =>
      this.#native.verifyInstalled(names === null ? null : [...names], quick, progress, cancel),
    )
  }

  modifiedFiles(names: readonly string[]): Promise<ModifiedFile[]> {
    return guardAsync(() => this.#native.modifiedFiles([...names]))
  }

  pendingConfiguration(): PendingConfigurationReport {
    return guard(() => this.#native.pendingConfiguration())
  }

  /** A file of credentials within the root; null when it is not there. */
  readSecret(path: string): SecretFile | null {
    return guard(() => this.#native.readSecret(path))
  }

  readConfiguration(): ConfigurationFile[] {
    return guard(() => this.#native.readConfiguration())
  }

  repositories(): RepositoryRecord[] {
    return guard(() => this.#native.repositories())
  }

  /** What the server said of the index that is trusted now, for a conditional request. */
  knownIndex(name: string, kind: 'active' | 'archive'): KnownIndex | null {
    return guard(() => this.#native.knownIndex(name, kind))
  }

  /** Why the cached state of a repository cannot be used; null when it verifies. */
  repositoryProblem(name: string, policy: RepositoryPolicy): string | null {
    return guard(() => this.#native.repositoryProblem(name, policy))
  }

  /** `index` null: the cached one that `update` names is verified anew. It is empty afterwards. */
  adopt(
    update: RepositoryUpdate,
    index: FetchedDocument | null,
    policy: RepositoryPolicy,
  ): Promise<Adoption> {
    return guardAsync(() => this.#native.adopt(update, index, policy))
  }

  /** Likewise. */
  adoptArchive(
    update: ArchiveUpdate,
    index: FetchedDocument | null,
    policy: RepositoryPolicy,
  ): Promise<Adoption> {
    return guardAsync(() => this.#native.adoptArchive(update, index, policy))
  }

  /** False when there was nothing of that name. */
  removeRepository(name: string, now: number): boolean {
    return guard(() => this.#native.removeRepository(name, now))
  }

  /** Stores an audit event and sends it; returns what people must know. `required`: throws where it cannot be stored. */
  recordAudit(event: AuditEvent, required: boolean, now: number): string[] {
    return guard(() => this.#native.recordAudit(event, required, now))
  }

  /** Sends the audit events that wait; returns what people must know. */
  flushAudit(): string[] {
    return guard(() => this.#native.flushAudit())
  }

  /** The newest `limit` events (0: all), oldest first, each as JSON. */
  auditEvents(limit: number): string[] {
    return guard(() => this.#native.auditEvents(limit))
  }

  verifyAudit(): AuditVerification {
    return guard(() => this.#native.verifyAudit())
  }

  cachedPackage(sha256: string, size: number): string | null {
    return guard(() => this.#native.cachedPackage(sha256, size))
  }

  /** Of each candidate whether its bytes need no fetching. */
  areCached(universe: Universe, candidates: readonly number[]): boolean[] {
    return guard(() => this.#native.areCached(universe, [...candidates]))
  }

  /** As `cachedPackage`, for one that is about to be used: what was not used for longest leaves the cache first. */
  useCachedPackage(sha256: string, size: number): string | null {
    return guard(() => this.#native.useCachedPackage(sha256, size))
  }

  /** Removes the packages that were not used for longest until at most `most` bytes are left; returns how many went. */
  trimCache(most: number): number {
    return guard(() => this.#native.trimCache(most))
  }

  /** Goes on with what an earlier run left of it. */
  createCacheFile(sha256: string, size: number): CacheWriter {
    return guard(() => this.#native.createCacheFile(sha256, size))
  }

  /** How many files went. */
  cleanCache(configured: readonly string[], packages: boolean): number {
    return guard(() => this.#native.cleanCache([...configured], packages))
  }

  universe(request: UniverseRequest): Promise<Universe> {
    return guardAsync(() => this.#native.universe(request))
  }

  searchAvailable(term: string, repositories: UniverseRequest['repositories']): FoundPackages {
    const { found, problems } = guard(() => this.#native.searchAvailable(term, repositories))
    return { found: JSON.parse(found), problems }
  }

  transaction(
    universe: Universe,
    request: TransactionRequest,
    progress?: OnProgress,
    cancel?: CancelToken,
  ): Promise<Transaction> {
    return guardAsync(() => this.#native.transaction(universe, request, progress, cancel))
  }

  reviewOverrides(
    universe: Universe,
    request: OverrideRequest,
    cancel?: CancelToken,
  ): Promise<OverrideReview[]> {
    return guardAsync(() => this.#native.reviewOverrides(universe, request, cancel))
  }

  examine(): Promise<Concern[]> {
    return guardAsync(() => this.#native.examine())
  }

  /** `waitSeconds` as in TransactionRequest; `now`: seconds since 1970. */
  importReference(command: string, waitSeconds: number | undefined, now: number): Promise<Imported> {
    return guardAsync(() => this.#native.importReference(command, waitSeconds, now))
  }

  rebuild(
    universe: Universe,
    request: RebuildRequest,
    progress?: OnProgress,
    cancel?: CancelToken,
  ): Promise<Rebuilt> {
    return guardAsync(() => this.#native.rebuild(universe, request, progress, cancel))
  }

  /** Of installed packages, by package and path. */
  overrides(): RecordedOverride[] {
    return guard(() => this.#native.overrides())
  }

  /** `waitSeconds` as in TransactionRequest; `now`: seconds since 1970. The handle holds the lock until `finish`. */
  recover(command: string, waitSeconds: number | undefined, now: number): Promise<Transaction> {
    return guardAsync(() => this.#native.recover(command, waitSeconds, now))
  }

  /** Arguments as of `recover`. Changes nothing. */
  recoveryReport(command: string, waitSeconds: number | undefined, now: number): Promise<RecoveryReport> {
    return guardAsync(() => this.#native.recoveryReport(command, waitSeconds, now))
  }

  /** Keeps a report; returns its path from the root. */
  saveReport(name: string, text: string): string {
    return guard(() => this.#native.saveReport(name, text))
  }

  /** Ends a transaction that `recover` cannot undo. Arguments as of `recover`; the handle holds the lock until `finish`. */
  resolve(
    how: 'rollback' | 'accept',
    command: string,
    waitSeconds: number | undefined,
    now: number,
  ): Promise<Transaction> {
    return guardAsync(() => this.#native.resolve(how, command, waitSeconds, now))
  }

  /** Removes every retained backup; returns how many went. */
  discardBackups(command: string, waitSeconds: number | undefined, now: number): Promise<number> {
    return guardAsync(() => this.#native.discardBackups(command, waitSeconds, now))
  }
}
