/** Jobs as they are submitted: shape, bounds, and the rules that need nothing but the job itself. */
import {
  type JobChange,
  type JobFile,
  type JobRequest,
  periods,
  type RecipeSource,
  type RecipeSpec,
} from '../api/job.ts'
import { platformName } from '../api/names.ts'
import { cronProblem } from './cron.ts'
import { Fields } from './decode.ts'
import { Refusal } from './refusal.ts'
import { namePattern } from './templates.ts'

const variable = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/
const label = /^[A-Za-z0-9][A-Za-z0-9._-]*(=[^\0\n]*)?$/
const sandboxes = ['bwrap', 'unshare', 'none'] as const
const kinds = ['script', 'template', 'recipe', 'rebuild'] as const

const MOST_SCRIPT = 1 << 20
const MOST_FILES = 10_000
const WEEK = 7 * 86_400_000

export function decodeJob(value: unknown): JobRequest {
  const fields = new Fields(value, 'job')
  const kind = fields.oneOf('kind', kinds)
  const name = fields.text('name', 128, namePattern)
  const job: JobRequest = { name, kind, ...decodeParts(fields) }
  fields.finish()
  checkKind(job)
  return job
}

export function decodeChange(value: unknown): JobChange {
  const fields = new Fields(value, 'job')
  const change = decodeParts(fields)
  fields.finish()
  return change
}

/** What may be changed later. */
function decodeParts(fields: Fields): JobChange {
  const read = <T>(key: string, get: () => T) => (fields.has(key) ? { [key]: get() } : {})
  const parts: JobChange = {
    ...read('platform', () => fields.text('platform', 128, platformName)),
    ...read('script', () => fields.text('script', MOST_SCRIPT)),
    ...read('template', () => fields.text('template', 128, namePattern)),
    ...read('parameters', () => fields.map('parameters', /^[A-Za-z_][A-Za-z0-9_-]*$/, 1000, 65_536)),
    ...read('recipe', () => decodeRecipe(fields.object('recipe'))),
    ...read('package', () => fields.text('package', 255, /^[^/\0]+\.peipkg$/)),
    ...read('files', () => decodeFiles(fields)),
    ...read('environment', () => fields.map('environment', variable, 1000, 131_072)),
    ...read('period', () => fields.oneOf('period', periods)),
    ...read('cron', () => decodeCron(fields)),
    ...read('run_now', () => fields.flag('run_now')),
    ...read('timeout_ms', () => fields.integer('timeout_ms', 1, 4 * WEEK)),
    ...read('silence_ms', () => fields.integer('silence_ms', 1, 4 * WEEK)),
    ...read('priority', () => fields.integer('priority', -100, 100)),
    ...read('require', () => fields.texts('require', 100, 256, label)),
    ...read('sandbox', () => fields.oneOf('sandbox', sandboxes)),
    ...read('network', () => fields.flag('network')),
  }
  if (parts.period !== undefined && parts.cron !== undefined) {
    throw new Refusal('bad-request', 'job: "period" and "cron" exclude each other')
  }
  return parts
}

function decodeCron(fields: Fields): string {
  const text = fields.text('cron', 256)
  const problem = cronProblem(text)
  return problem === undefined ? text : fields.fail('cron', `is wrong: ${problem}`)
}

export function checkKind(job: JobRequest): void {
  const needed = {
    script: ['platform', 'script'],
    template: ['template'],
    recipe: ['recipe'],
    rebuild: ['package'],
  } as const
  for (const key of needed[job.kind]) {
    if (job[key] === undefined) throw new Refusal('bad-request', `job: "${key}" is missing`)
  }
}

function decodeFiles(fields: Fields): readonly JobFile[] {
  const files = fields.list('files', MOST_FILES, (value, where) => {
    const entry = new Fields(value, where)
    const file = {
      name: entry.text('name', 4096),
      content: entry.text('content', 64 << 20, /^[A-Za-z0-9+/]*={0,2}$/),
      executable: entry.has('executable') && entry.flag('executable'),
    }
    entry.finish()
    checkPath(file.name, where)
    return file
  })
  const names = new Set(files.map(({ name }) => name))
  if (names.size < files.length) throw new Refusal('bad-request', 'job: two files have the same name')
  return files
}

/** Relative, and nowhere but below its directory. */
export function checkPath(path: string, where: string): void {
  const parts = path.split('/')
  const wrong = parts.some(
    (part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 255,
  )
  if (wrong || /[\0-\x1f\x7f]/.test(path)) {
    throw new Refusal(
      'bad-request',
      `${where} has a name that is no relative path: ${JSON.stringify(path.slice(0, 200))}`,
    )
  }
}

const timestamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$/

function decodeRecipe(fields: Fields): RecipeSpec {
  const text = (key: string, most: number, pattern?: RegExp) =>
    fields.has(key) ? fields.text(key, most, pattern) : ''
  const recipe: RecipeSpec = {
    files: fields.has('files') ? decodeFiles(fields) : [],
    version: fields.text('version', 255, /^[0-9A-Za-z.+~:_-]+$/),
    ...(fields.has('repository') ? { repository: decodeRepository(fields.object('repository')) } : {}),
    ...(fields.has('source') ? { source: decodeSource(fields.object('source'), true) } : {}),
    source_ref: text('source_ref', 4096),
    farm_id: text('farm_id', 255),
    timestamp: text('timestamp', 20, timestamp),
    environment: fields.has('environment') ? fields.map('environment', variable, 1000, 131_072) : {},
    needs: fields.has('needs') ? fields.texts('needs', 1000, 128, namePattern) : [],
    publish: !fields.has('publish') || fields.flag('publish'),
  }
  fields.finish()
  const whole = recipe.files.some(({ name }) => name === 'peipkg.toml')
  if (recipe.repository === undefined && !whole) {
    throw new Refusal('bad-request', 'job: the recipe has neither a file peipkg.toml nor a repository')
  }
  return recipe
}

function decodeSource(fields: Fields, last: boolean): RecipeSource {
  const source = {
    // What git would take for an option, or run as a program, is refused here already.
    git: fields.text('git', 4096, /^(?!-)(?!ext::)[^\0\n]+$/),
    ref: fields.text('ref', 1024, /^(?!-)[^\0\n\s]+$/),
    commit: fields.has('commit') ? fields.text('commit', 64, /^([0-9a-f]{40}|[0-9a-f]{64})?$/) : '',
    submodules: fields.has('submodules') && fields.flag('submodules'),
  }
  if (last) fields.finish()
  return source
}

function decodeRepository(fields: Fields): RecipeSource & { readonly directory: string } {
  const directory = fields.has('directory') ? fields.text('directory', 4096) : ''
  if (directory !== '') checkPath(directory, 'job: repository')
  const source = decodeSource(fields, false)
  fields.finish()
  return { ...source, directory }
}
