/** A system below a scratch root that trusts two simulated repositories, and everything about it that must not change. */
import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  formatRepositoryFile,
  type RepositoryConfiguration,
  repositoryDefaults,
} from '../../ts/config/repository-file.ts'
import { System } from '../../ts/native/system.ts'
import type { ChangeOptions } from '../../ts/operations/change.ts'
import type { Authorisation } from '../../ts/operations/elevated-action.ts'
import { install } from '../../ts/operations/install.ts'
import { type Refreshed, refresh } from '../../ts/operations/refresh.ts'
import type { Session } from '../../ts/operations/session.ts'
import { timeLimits } from '../../ts/repository/fetch-request.ts'
import { type Key, makeKey } from './keys.ts'
import type { BuiltPackage } from './packages.ts'
import { type Publication, render } from './publication.ts'
import { openSite, type Site } from './site.ts'

/** The time of all scenarios: later than any build of the tool. */
export const now = Date.parse('2027-01-15T12:00:00Z') / 1000
export const day = 86_400

/** The key of the repository under attack, one that joins it, the other repository's, and an attacker's. */
export const keys = { victim: makeKey(1), second: makeKey(2), other: makeKey(3), attacker: makeKey(4) }

export interface World {
  readonly root: string
  readonly system: System
  readonly victim: Site
  readonly other: Site
  /** What the victim's server has published last. */
  publication: Publication
  /** Seconds since 1970. */
  clock: number
  readonly warnings: string[]
  /** Elevated actions that were asked for, and what is answered. */
  readonly asked: string[]
  answer: Authorisation
  /** Publishes on the victim's server: the last publication with these changes. */
  publish(changes: Partial<Publication>): void
  /** Writes the victim's configuration with these changes. */
  configure(changes: Partial<RepositoryConfiguration>): void
  session(): Session
  refresh(name: string): Promise<Refreshed>
  install(...names: readonly string[]): Promise<string>
  close(): Promise<void>
}

const hasty = { ...timeLimits, headers: 400, idle: 250, window: 400, slowestBytes: 4000 }
const hurried = { attempts: 2, firstPause: 1, longestPause: 20 }

export interface Stock {
  readonly victim: readonly BuiltPackage[]
  readonly other: readonly BuiltPackage[]
}

/** Both repositories are trusted and refreshed; nothing is installed. */
export async function openWorld(stock: Stock): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'peipkg-world-'))
  mkdirSync(join(root, 'conf/peipkg'), { recursive: true })
  const [victim, other] = [await openSite(), await openSite()]
  const warnings: string[] = []
  const world: World = {
    ...{ root, victim, other, warnings, clock: now, asked: [], answer: 'unauthorised' },
    system: new System(root),
    publication: initial('victim', keys.victim, stock.victim),
    publish(changes) {
      world.publication = { ...world.publication, ...changes }
      victim.files = render(world.publication)
    },
    configure: (changes) =>
      writeConfiguration(root, { ...configurationOf('victim', victim, keys.victim), ...changes }),
    session: () => sessionOf(world),
    async refresh(name) {
      const [refreshed] = await refresh([name], sessionOf(world), () => undefined)
      return refreshed as Refreshed
    },
    async install(...names) {
      const targets = names.map((name) => ({ kind: 'install' as const, name, version: null }))
      return (await install(targets, changeOptions, sessionOf(world))).outcome
    },
    async close() {
      await Promise.all([victim.close(), other.close()])
      rmSync(root, { recursive: true })
    },
  }
  world.publish({})
  other.files = render(initial('other', keys.other, stock.other))
  world.configure({})
  writeConfiguration(root, { ...configurationOf('other', other, keys.other), priority: 60 })
  for (const name of ['victim', 'other']) {
    const { outcome, error } = await world.refresh(name)
    if (outcome !== 'adopted') throw new Error(`the world does not begin well: ${error?.message}`)
  }
  warnings.length = 0
  return world
}

export function initial(name: string, key: Key, packages: readonly BuiltPackage[]): Publication {
  return {
    ...{ name, version: 5, generatedAt: now - day, form: 'envelope', packages },
    keys: [{ key, status: 'active' }],
    ...{ descriptorSigner: key, indexSigner: key },
  }
}

function configurationOf(name: string, site: Site, key: Key): RepositoryConfiguration {
  return {
    ...repositoryDefaults,
    ...{ name, baseUrl: site.url, signaturePolicy: 'required', trustAnchors: [key.fingerprint] },
    ...{ allowInsecureTransport: true, minIndexVersion: 0, official: false },
  }
}

function writeConfiguration(root: string, repository: RepositoryConfiguration): void {
  writeFileSync(join(root, `conf/peipkg/${repository.name}.repo`), formatRepositoryFile(repository))
}

export const changeOptions: ChangeOptions = {
  ...{
    dryRun: false,
    explain: false,
    cascade: false,
    overwriteUnowned: false,
    skipBroken: false,
    allowCritical: false,
  },
  ...{ noSync: true, waitSeconds: null, downloadOnly: false },
}

/** Nobody is there to ask; routine questions are answered with yes. */
function sessionOf(world: World): Session {
  return {
    system: world.system,
    signal: new AbortController().signal,
    commandLine: 'peipkg under attack',
    now: () => world.clock,
    network: { limits: hasty, patience: hurried },
    reporter: {
      warn: (text) => world.warnings.push(text),
      fail: (text) => world.warnings.push(text),
      progress: () => undefined,
      showPlan: (plan) => world.warnings.push(...plan.warnings),
      showOverrides: () => undefined,
      authorise: async ({ text }) => {
        world.asked.push(text)
        return world.answer
      },
      approve: async () => ({ kind: 'approved', removeModified: false }),
      confirmDownload: async () => true,
      approveTrust: async () => true,
    },
  }
}

/**
 * All that an attack on a repository must leave as it was, as one text: its trust state, every byte that is cached of it,
 * the configuration, and what is installed.
 */
export function stateOf({ root, system }: World): string {
  const trees = ['conf', 'usr', 'etc', 'var/lib/peipkg/cache/repositories'].map((path) => tree(root, path))
  return JSON.stringify([system.repositories(), system.listPackages(), trees], null, 1)
}

/** Links and pipes by what they are, never by where they lead. */
function tree(root: string, path: string): readonly string[] {
  const whole = join(root, path)
  const found = lstatSync(whole, { throwIfNoEntry: false })
  if (found === undefined) return []
  if (found.isDirectory()) {
    return readdirSync(whole)
      .sort()
      .flatMap((name) => tree(root, `${path}/${name}`))
  }
  if (found.isSymbolicLink()) return [`${path} -> ${readlinkSync(whole)}`]
  if (!found.isFile()) return [`${path} ${found.mode}`]
  return [`${path} ${createHash('sha256').update(readFileSync(whole)).digest('hex')}`]
}
