/** An engine whose time and programs are the test's: what git, peipkg-build, peipkg-repo and rclone do is a few lines here. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ManagerConfiguration } from '../../ts/config/manager-configuration.ts'
import type { ChildRequest, Children } from '../../ts/manager/child.ts'
import { createContext } from '../../ts/manager/create-context.ts'
import { createEngine, type Engine } from '../../ts/manager/engine.ts'
import type { Logger, Recipe, Roster } from '../../ts/manager/model.ts'
import { createStateDirectory, type StateDirectory } from '../../ts/manager/state-directory.ts'
import { compileTagPattern } from '../../ts/native/tag-pattern.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

export interface FakeFarm {
  readonly engine: Engine
  readonly clock: FakeClock
  readonly state: StateDirectory
  /** `level message field=value…` of every line. */
  readonly log: readonly string[]
  /** The program and its first argument, of every child. */
  readonly calls: string[]
  /** Tags of every upstream. */
  readonly tags: string[]
  /** `program verb` → the error it ends with. */
  readonly broken: Map<string, string>
  roster: Roster
  /** Lets everything that is due happen. */
  settle(): Promise<void>
}

export const start = Date.parse('2026-05-01T12:00:00Z')

export function createFakeFarm(directory: string, settings: Partial<ManagerConfiguration> = {}): FakeFarm {
  const clock = createFakeClock(start)
  const state = createStateDirectory(directory)
  const log: string[] = []
  const line = (level: string) => (message: string, fields: object | undefined) => {
    log.push(
      [level, message, ...Object.entries(fields ?? {}).map(([key, value]) => `${key}=${value}`)].join(' '),
    )
  }
  const logger: Logger = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  }
  const limits = { git: 1000, build: 1000, minFree: 0, concurrentPolls: 16, logsPerRecipe: 20 }
  const base = { id: 'f', repoName: 'r', repoDescription: '', signingKeyFile: '/key', recipesDir: '/recipes' }
  const upload = { uploadBackend: 'none', uploadRemote: 'remote:', uploadOrder: 'single' }
  const none = { resignAfter: 0, signingKeys: [], grants: [], notifyCommand: [] }
  const all = {
    ...base,
    ...upload,
    ...none,
    limits,
    defaultInterval: 3_600_000,
    stateDir: directory,
    farmServer: '',
    ...settings,
  }
  const world = { calls: [] as string[], tags: ['v1'], broken: new Map<string, string>() }
  const context = {
    ...createContext({
      settings: all as unknown as ManagerConfiguration,
      state,
      programs: { build: '/bin/peipkg-build', repo: '/bin/peipkg-repo' },
      publicKeys: new Map(),
      clock,
      log: logger,
      output: { stdout: () => {}, stderr: () => {} },
    }),
    children: fakeChildren(world, state, clock),
  }
  const farm: FakeFarm = {
    ...world,
    clock,
    state,
    log,
    roster: { recipes: [recipe('hello')], problems: new Map() },
    engine: undefined as unknown as Engine,
    async settle() {
      // What goes on shows in the status, in calls or in the log; between two of them there are a few file operations.
      const moment = () => {
        const { queued, inFlight } = farm.engine.status()
        return { idle: queued === 0 && inFlight === undefined, seen: world.calls.length + log.length }
      }
      for (let quiet = 0, before = moment(); quiet < 10; ) {
        await sleep(1)
        const now = moment()
        quiet = now.idle && now.seen === before.seen ? quiet + 1 : 0
        before = now
      }
    },
  }
  const engine = createEngine({ context, roster: farm.roster, loadRoster: async () => farm.roster })
  return Object.assign(farm, { engine })
}

export function recipe(id: string, options: Partial<Recipe> = {}): Recipe {
  return {
    id,
    path: `/recipes/${id}/peipkg.toml`,
    git: `/upstreams/${id}`,
    tagPattern: '^v(.+)$',
    pattern: compileTagPattern('^v(.+)$'),
    peiosRevision: 1,
    submodules: false,
    minVersion: '',
    githubWebhook: false,
    packages: [{ name: id, architecture: 'noarch' }],
    ...options,
  }
}

const COMMIT = 'c'.repeat(40)

interface World {
  readonly calls: string[]
  readonly tags: readonly string[]
  readonly broken: ReadonlyMap<string, string>
}

function fakeChildren(world: World, state: StateDirectory, clock: FakeClock): Children {
  return {
    async run(request) {
      const call = `${basename(request.program)} ${verbOf(request)}`
      world.calls.push(call)
      const error = world.broken.get(call)
      if (error !== undefined) throw new Error(error)
      await answer(call, request, world, state, clock)
    },
    killAll() {},
    killed: new AbortController().signal,
  }
}

function verbOf({ args }: ChildRequest): string {
  return (args[0] === '-C' ? args[2] : args[0]) ?? ''
}

function optionOf({ args }: ChildRequest, name: string): string {
  return args[args.indexOf(name) + 1] ?? ''
}

async function answer(
  call: string,
  request: ChildRequest,
  world: World,
  state: StateDirectory,
  clock: FakeClock,
): Promise<void> {
  const say = (text: string) => request.stdout(Buffer.from(text))
  if (call === 'git ls-remote') await say(world.tags.map((tag) => `${COMMIT}\trefs/tags/${tag}\n`).join(''))
  else if (call === 'git clone') mkdirSync(request.args.at(-1) ?? '', { recursive: true })
  else if (call === 'git rev-parse') await say(`${COMMIT}\n`)
  else if (call === 'git log') await say('1777636800\n')
  else if (call === 'peipkg-build build') {
    const id = basename(join(optionOf(request, '--recipe'), '..'))
    const file = `${id}_${optionOf(request, '--version')}_noarch.peipkg`
    writeFileSync(join(optionOf(request, '--out'), file), '')
  } else if (call.startsWith('peipkg-repo')) publish(state, new Date(clock.now()).toISOString())
}

function publish(state: StateDirectory, time: string): void {
  const path = join(state.repo, 'index/archive.json')
  const published = readdirSync(state.repo).includes('repo.json')
    ? (JSON.parse(readFileSync(path, 'utf8')) as { packages: object[] }).packages
    : []
  const staged = readdirSync(state.publish).map((file) => {
    const [name, version] = file.split('_')
    return { name, version, architecture: 'noarch', hash: { value: '' } }
  })
  mkdirSync(join(state.repo, 'index'), { recursive: true })
  writeFileSync(join(state.repo, 'repo.json'), '{}')
  writeFileSync(path, JSON.stringify({ generated_at: time, packages: [...published, ...staged] }))
}
