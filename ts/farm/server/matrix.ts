/** What a job becomes executions for: its platforms, and the specification of each (file 10, Jobs). */

import { readFile } from 'node:fs/promises'
import { parse, stringify } from 'smol-toml'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { PackageStanza } from '../../recipe/recipe.ts'
import { shapeRecipe } from '../../recipe/shape.ts'
import type { Context } from './context.ts'
import { Refusal } from './refusal.ts'
import type { ExecutionRow, Specification } from './rows.ts'
import { expandTemplate, templatePlatforms } from './templates.ts'

/** Of a rebuild: `worker` built the package before. */
export interface Target {
  readonly platform: string
  readonly excluded: readonly string[]
}

/** Throws a Refusal when there is none, or when a template or a recipe is wrong. */
export async function targetsOf(context: Context, specification: Specification): Promise<readonly Target[]> {
  const { kind, platform } = specification
  if (kind === 'rebuild') return [await rebuildTarget(context, specification)]
  const platforms = kind === 'script' ? [platform as string] : await possible(context, specification)
  if (platform === undefined) return platforms.map((name) => ({ platform: name, excluded: [] }))
  if (platforms.includes(platform) || kind === 'recipe') return [{ platform, excluded: [] }]
  throw new Refusal(
    'not-found',
    `no such platform: ${specification.template} has no template for ${platform}`,
  )
}

async function possible(context: Context, specification: Specification): Promise<readonly string[]> {
  if (specification.kind === 'template') {
    return templatePlatforms(context.settings.configDirectory, specification.template as string)
  }
  const toml = await recipeText(context, specification)
  if (specification.platform !== undefined) return [specification.platform]
  if (toml === undefined) {
    throw new Refusal(
      'bad-request',
      'the recipe lies in a repository that the server does not read: name a platform',
    )
  }
  return recipePlatforms(context, new Set(stanzasOf(toml).map(({ architecture }) => architecture)))
}

/** Of packages for every architecture one build is enough. */
function recipePlatforms(context: Context, architectures: ReadonlySet<string>): readonly string[] {
  const known = new Map<string, string>()
  for (const worker of context.workers.values()) {
    if (!worker.capabilities.includes('recipe')) continue
    for (const platform of worker.platforms) known.set(platform, worker.architecture)
  }
  const usable = [...known.keys()].filter((platform) => !context.dropped.has(platform)).sort()
  const special = [...architectures].filter((name) => name !== 'noarch')
  if (special.length === 0 && usable[0] !== undefined) return [usable[0]]
  const fitting = usable.filter((platform) => architectures.has(known.get(platform) as string))
  if (fitting.length > 0) return fitting
  const wanted = special.length === 0 ? 'any architecture' : special.sort().join(' or ')
  throw new Refusal(
    'not-found',
    `no such platform: no worker that builds recipes has said that it is for ${wanted}`,
  )
}

async function recipeText(context: Context, { recipe }: Specification): Promise<string | undefined> {
  const file = recipe?.files.find(({ name }) => name === 'peipkg.toml')
  return file === undefined ? undefined : await readFile(context.store.path(file.sha256), 'utf8')
}

function stanzasOf(toml: string): readonly PackageStanza[] {
  const problems: { readonly message: string }[] = []
  try {
    const { packages } = shapeRecipe(parse(toml), '/', problems as never)
    if (problems.length === 0) return packages
  } catch (error) {
    if (error instanceof PeiError) throw error
    throw new Refusal('bad-request', `peipkg.toml: ${reasonOf(error).split('\n')[0]}`)
  }
  throw new Refusal('bad-request', `peipkg.toml: ${problems.map(({ message }) => message).join('; ')}`)
}

/** What one execution runs: a template as the script of now, a recipe with the packages of its platform's architecture. */
export async function specificationFor(
  context: Context,
  specification: Specification,
  platform: string,
): Promise<Specification> {
  switch (specification.kind) {
    case 'script':
      return specification
    case 'template':
      return { ...specification, platform, script: scriptOf(context, specification, platform) }
    case 'recipe':
      return { ...specification, platform, ...(await narrowed(context, specification, platform)) }
    case 'rebuild':
      return { ...specification, platform, ...(await rebuildOf(context, specification)) }
  }
}

function scriptOf(
  context: Context,
  { name, template = '', parameters = {} }: Specification,
  platform: string,
): string {
  return expandTemplate({ directory: context.settings.configDirectory, template, platform, name, parameters })
}

/** Packages of other architectures are left out: their own platforms build them. */
async function narrowed(
  context: Context,
  specification: Specification,
  platform: string,
): Promise<Partial<Specification>> {
  const { recipe } = specification
  const toml = await recipeText(context, specification)
  const architecture = [...context.workers.values()].find(({ platforms }) =>
    platforms.includes(platform),
  )?.architecture
  if (recipe === undefined || toml === undefined || architecture === undefined) return {}
  const document = parse(toml)
  const stanzas = document.package as { readonly architecture?: unknown }[]
  const own = stanzas.filter(
    (stanza) => stanza.architecture === architecture || stanza.architecture === 'noarch',
  )
  if (own.length === stanzas.length || own.length === 0) return {}
  const stored = await context.store.put(Buffer.from(stringify({ ...document, package: own as never })))
  const files = recipe.files.map((file) => (file.name === 'peipkg.toml' ? { ...file, ...stored } : file))
  return { recipe: { ...recipe, files } }
}

async function origin(context: Context, { package: file = '' }: Specification): Promise<ExecutionRow> {
  const [row] = await context.engine.query<ExecutionRow>(
    'select e.* from farm.packages p join farm.executions e on e.id = p.execution where p.file = $1',
    [file],
  )
  if (row !== undefined) return row
  throw new Refusal('not-found', `this farm has published no package ${file}`)
}

async function rebuildTarget(context: Context, specification: Specification): Promise<Target> {
  const { id, platform } = await origin(context, specification)
  const builders = await context.engine.query<{ worker: string }>(
    'select worker from farm.attempts where execution = $1 order by number desc limit 1',
    [id],
  )
  return { platform, excluded: builders.map(({ worker }) => worker) }
}

/** The recipe as it was, with the very commit and time that went into the package. */
async function rebuildOf(context: Context, specification: Specification): Promise<Partial<Specification>> {
  const { build, specification: built } = await origin(context, specification)
  const { recipe, environment, network, sandbox, require } = built
  if (recipe === undefined) throw new Refusal('not-found', 'the record of that package holds no recipe')
  const source =
    recipe.source === undefined
      ? {}
      : { source: { ...recipe.source, commit: build?.commit ?? recipe.source.commit } }
  return {
    recipe: { ...recipe, ...source, timestamp: build?.timestamp ?? recipe.timestamp },
    ...(environment === undefined ? {} : { environment }),
    ...(network === undefined ? {} : { network }),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(require === undefined ? {} : { require }),
  }
}
