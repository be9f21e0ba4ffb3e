/**
 * What the server does with the packages of a recipe that was built: verified, signed, published, in this order; those of a rebuild
 * are compared with what was published (file 10, Jobs). One execution after the other: a repository has one writer.
 */
import { access, constants, mkdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { compare as comparePackages } from '../../build/compare.ts'
import type { FarmSettings } from '../../config/farm-settings.ts'
import { createArchiveReader } from '../../manager/archive.ts'
import { timestampOf } from '../../manager/clock.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'
import { inspectPackage, signPackage } from '../../native/packages.ts'
import { defaultUrlTemplate, publish } from '../../publisher/publish.ts'
import type { Result } from '../api/result.ts'
import type { Change, Context } from './context.ts'
import { conclude, executionOf } from './ending.ts'
import type { ArtifactRow, ExecutionRow } from './rows.ts'

/** Why packages are not published; a fault of theirs, not of the server. */
class Unfit extends Error {}

interface Outcome {
  readonly result: Result
  /** File names, by the digest of the unsigned package. */
  readonly published: ReadonlyMap<string, string>
}

/**
 * What publication needs, long before something is published; throws PEI_IO. It may be away for a moment, so that it is a problem
 * an operator sees and no reason for the server not to start.
 */
export async function checkPublication({ repository, signKey }: FarmSettings['publish']): Promise<void> {
  if (repository === '') return
  const usable = async (key: string, path: string, check: () => Promise<void>) => {
    try {
      await check()
    } catch (error) {
      throw new PeiError('PEI_IO', `[publish] ${key} ${path} cannot be used: ${reasonOf(error)}`, {
        cause: error,
      })
    }
  }
  await usable('repo', repository, async () => {
    if (!(await stat(repository)).isDirectory()) throw new PeiError('PEI_IO', 'not a directory')
    await access(repository, constants.W_OK)
  })
  await usable('sign_key', signKey, () => access(signKey, constants.R_OK))
}

export async function publishAll(context: Context): Promise<void> {
  for (const id of context.publishing) {
    const row = await executionOf(context, id)
    if (row?.state === 'publishing') {
      const { result, published } = await examine(context, row)
      await context.changes.run((change) => settle(context, change, row, result, published))
    }
    context.publishing.delete(id)
  }
}

async function settle(
  context: Context,
  change: Change,
  row: ExecutionRow,
  result: Result,
  published: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [file, sha256] of published) {
    await change.tx.query(
      'insert into farm.packages (file, execution, unsigned_sha256) values ($1, $2, $3) on conflict do nothing',
      [file, row.id, sha256],
    )
  }
  await change.tx.query('update farm.executions set published = $2 where id = $1', [
    row.id,
    [...published.keys()],
  ])
  await conclude(context, change, row, result)
}

async function examine(context: Context, row: ExecutionRow): Promise<Outcome> {
  const nothing = new Map<string, string>()
  try {
    const artifacts = await packagesOf(context, row)
    if (row.kind === 'rebuild') {
      await compare(context, row, artifacts)
      return { result: { kind: 'exited', code: 0 }, published: nothing }
    }
    return { result: { kind: 'exited', code: 0 }, published: await publishPackages(context, row, artifacts) }
  } catch (error) {
    const what = row.kind === 'rebuild' ? 'comparison' : 'publication'
    if (!(error instanceof Unfit))
      context.log.error(`${what} failed`, { execution: row.id, err: reasonOf(error) })
    await context.logs.note(row.id, `peipkg-farm: ${what} failed: ${reasonOf(error)}`)
    await context.logs.close(row.id)
    return { result: { kind: 'failed', reason: `${what}: ${reasonOf(error)}` }, published: nothing }
  }
}

async function packagesOf({ engine }: Context, { id }: ExecutionRow): Promise<readonly ArtifactRow[]> {
  const rows = await engine.query<ArtifactRow>(
    'select * from farm.artifacts where execution = $1 order by name',
    [id],
  )
  const packages = rows.filter(({ name }) => name.endsWith('.peipkg'))
  if (packages.length === 0) throw new Unfit('the build left no packages')
  return packages
}

/** Equal digests are equal bytes. */
async function compare(
  context: Context,
  row: ExecutionRow,
  artifacts: readonly ArtifactRow[],
): Promise<void> {
  const file = row.specification.package ?? ''
  const [known] = await context.engine.query<{ unsigned_sha256: string }>(
    'select unsigned_sha256 from farm.packages where file = $1',
    [file],
  )
  const built = artifacts.find(({ name }) => basename(name) === file)
  if (built === undefined) throw new Unfit(`${file} was not among the packages that were built`)
  if (built.sha256 === known?.unsigned_sha256) return
  const places = known === undefined ? [] : await differencesOf(context, known.unsigned_sha256, built.sha256)
  const where = places.length === 0 ? '' : `; what differs: ${places.join(', ')}`
  throw new Unfit(
    `${file} differs: it was published with ${known?.unsigned_sha256} unsigned, and built as ${built.sha256}${where}`,
  )
}

/** Named in the result at most. */
const MOST_PLACES = 10

/** Paths, then fields of the manifest; none where the published bytes are not kept any more, or the new ones are no package. */
async function differencesOf({ store }: Context, was: string, is: string): Promise<readonly string[]> {
  try {
    const { signal } = new AbortController()
    const { entries, fields } = await comparePackages(
      store.path(was),
      store.path(is),
      () => undefined,
      signal,
    )
    const names = [
      ...entries.map(({ path }) => path),
      ...fields.map(({ field }) => `the manifest's ${field}`),
    ]
    const more = names.length - MOST_PLACES
    return more > 0 ? [...names.slice(0, MOST_PLACES), `${more} more`] : names
  } catch {
    return []
  }
}

async function publishPackages(
  context: Context,
  row: ExecutionRow,
  artifacts: readonly ArtifactRow[],
): Promise<ReadonlyMap<string, string>> {
  const { settings, store, clock } = context
  const { repository, signKey } = settings.publish
  const staged = join(settings.directory, 'publish', row.id)
  await rm(staged, { recursive: true, force: true })
  await mkdir(staged, { recursive: true, mode: 0o700 })
  try {
    const published = new Map<string, string>()
    for (const { name, sha256 } of artifacts) {
      const file = basename(name)
      await verify(store.path(sha256), file, row)
      if (await isKnown(context, file, sha256)) continue
      const out = join(staged, file)
      const signed = await signPackage({ path: store.path(sha256), out, signKey })
      if (await isPublished(repository, file, signed.sha256)) await rm(out)
      published.set(file, sha256)
    }
    if (published.size > 0) {
      const change = {
        repository,
        signKey,
        timestamp: timestampOf(clock.now()),
        signatureFormat: 'envelope',
        site: true,
      } as const
      const what = { kind: 'new', directory: staged } as const
      await publish(
        change,
        { out: repository, packages: what, urlTemplate: defaultUrlTemplate, allowUnsigned: false },
        { progress: () => undefined, signal: new AbortController().signal },
      )
    }
    return published
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
}

/** A worker is not trusted to say what it built: the package is read whole, and is what the job asked for. */
async function verify(path: string, file: string, { specification }: ExecutionRow): Promise<void> {
  const { manifest: text, signature } = await inspectPackage(path).catch((error: unknown) => {
    throw new Unfit(reasonOf(error).replaceAll(path, file))
  })
  const manifest = JSON.parse(text) as Readonly<Record<'name' | 'version' | 'architecture', string>>
  const own = `${manifest.name}_${manifest.version}_${manifest.architecture}.peipkg`
  if (own !== file) throw new Unfit(`${file} is the package ${own}`)
  if (manifest.version !== specification.recipe?.version) {
    throw new Unfit(`${file} is not of version ${specification.recipe?.version}`)
  }
  if (signature != null) throw new Unfit(`${file} is signed already: workers have no keys`)
}

/** Published by another platform's build of the same recipe, or before. */
async function isKnown({ engine }: Context, file: string, sha256: string): Promise<boolean> {
  const [known] = await engine.query<{ unsigned_sha256: string }>(
    'select unsigned_sha256 from farm.packages where file = $1',
    [file],
  )
  if (known === undefined) return false
  if (known.unsigned_sha256 === sha256) return true
  throw new Unfit(`another package ${file} is published already: raise the revision`)
}

/** By a server that was killed before it could write that down. */
async function isPublished(repository: string, file: string, sha256: string): Promise<boolean> {
  const [name = '', version = '', ...rest] = file.slice(0, -'.peipkg'.length).split('_')
  const digest = createArchiveReader(repository).read().digest(name, version, rest.join('_'))
  if (digest !== undefined && digest !== sha256) {
    throw new Unfit(`the repository has another package ${file}: raise the revision`)
  }
  return digest !== undefined
}
