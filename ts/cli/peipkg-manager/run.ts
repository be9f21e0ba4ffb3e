/** Starts the manager in the documented order (file 9, §4), so that of several mistakes the expected one is shown. */
import { once } from 'node:events'
import { type ManagerConfiguration, readManagerConfiguration } from '../../config/manager-configuration.ts'
import { ManagerFileError } from '../../config/manager-file-error.ts'
import { readTextFile } from '../../config/text-file.ts'
import type { Sink } from '../../manager/child.ts'
import { systemClock } from '../../manager/clock.ts'
import type { Context } from '../../manager/context.ts'
import { createContext } from '../../manager/create-context.ts'
import { createEngine, logProblems } from '../../manager/engine.ts'
import { findProgram } from '../../manager/find-program.ts'
import { derivePublicKeys } from '../../manager/grants.ts'
import { createHttp } from '../../manager/http/endpoint.ts'
import { missingSecret, readWebhookSecrets, type WebhookSecrets } from '../../manager/http/secrets.ts'
import type { LogFields, Logger, Roster } from '../../manager/model.ts'
import { loadRoster } from '../../manager/roster.ts'
import { createStateDirectory, lockStateDirectory } from '../../manager/state-directory.ts'
import { asPeiError, PeiError, reasonOf } from '../../native/errors.ts'
import type { Flags } from './flags.ts'
import { followSignals } from './follow-signals.ts'

/** Resolves with the exit code. */
export async function run(flags: Flags, log: Logger): Promise<number> {
  let settings: ManagerConfiguration
  try {
    settings = await readManagerConfiguration(flags.config)
  } catch (error) {
    log.error('load config', { err: reasonOf(error), ...placeOf(error) })
    return asPeiError(error)?.code === 'PEI_CONFIG_INVALID' ? 2 : 1
  }
  let built: Built
  try {
    built = construct(settings, flags, log)
  } catch (error) {
    return refuse(error, log)
  }
  return await manage(built, flags, log)
}

interface Built {
  readonly context: Context
  readonly roster: Roster
  readonly secrets: WebhookSecrets
}

/** Where in the file, beside the documented message. */
function placeOf(error: unknown): LogFields {
  if (!(error instanceof ManagerFileError)) return {}
  const { line, nearest } = error
  return { ...(line === undefined ? {} : { line }), ...(nearest === undefined ? {} : { nearest }) }
}

function construct(settings: ManagerConfiguration, flags: Flags, log: Logger): Built {
  // What a farm cannot do is said at the start, not at the first build.
  if (settings.farmServer !== '') checkFarm(settings)
  const programs = { build: findProgram('peipkg-build'), repo: findProgram('peipkg-repo') }
  const roster = only(loadRoster(settings.recipesDir), flags)
  log.info('recipe roster loaded', { count: roster.recipes.length, dir: settings.recipesDir })
  logProblems(log, roster)
  const state = createStateDirectory(settings.stateDir)
  lockStateDirectory(settings.stateDir)
  const publicKeys = derivePublicKeys(settings.signingKeys)
  const secrets = readWebhookSecrets(settings)
  const missing = flags.once ? undefined : missingSecret(settings, roster)
  if (missing !== undefined) throw new PeiError('PEI_CONFIG_INVALID', missing)
  const output = { stdout: passOn(process.stdout), stderr: passOn(process.stderr) }
  const context = createContext({ settings, state, programs, publicKeys, clock: systemClock, log, output })
  return { context, roster, secrets }
}

/** Throws PEI_CONFIG_INVALID, and PEI_IO for a token that cannot be read. */
function checkFarm({ farmServer, farmTokenFile, grants }: ManagerConfiguration): void {
  const fail = (message: string) => new PeiError('PEI_CONFIG_INVALID', message)
  if (!/^https?:\/\/[^/]/.test(farmServer))
    throw fail(`[farm].server "${farmServer}" is no http or https URL`)
  readTextFile(farmTokenFile, 4096)
  const grant = grants.find(({ sign }) => sign.length > 0)
  if (grant !== undefined) {
    throw fail(`[[grant]] "${grant.recipe}": sign: no key leaves this host, so a farm cannot build it`)
  }
}

/** The one recipe that `--recipe` names. */
function only(roster: Roster, { recipe }: Flags): Roster {
  if (recipe === '') return roster
  const recipes = roster.recipes.filter(({ id }) => id === recipe)
  if (recipes[0]?.pattern !== undefined) return { recipes, problems: roster.problems }
  const reason = recipes.length === 0 ? 'there is no such recipe' : 'it is not watched'
  throw new PeiError('PEI_NOT_FOUND', `cannot build recipe ${recipe}: ${reason}`)
}

function refuse(error: unknown, log: Logger): number {
  if (asPeiError(error)?.code === 'PEI_MANAGER_LOCKED') {
    process.stderr.write(`peipkg-manager: ${reasonOf(error)}\n`)
    return 1
  }
  // What the system refuses is named with its path.
  log.error('construct manager', { err: asPeiError(error)?.message ?? reasonOf(error) })
  return asPeiError(error)?.code === 'PEI_CONFIG_INVALID' ? 2 : 1
}

async function manage({ context, roster, secrets }: Built, flags: Flags, log: Logger): Promise<number> {
  const { settings } = context
  const engine = createEngine({ context, roster, loadRoster: async () => loadRoster(settings.recipesDir) })
  const signals = followSignals(engine, context, flags.once)
  log.info('peipkg-manager starting', {
    config: flags.config,
    farm_id: settings.id,
    mode: flags.once ? 'once' : 'daemon',
  })
  try {
    await engine.prepare()
    if (flags.once) await engine.runOnce()
    else await engine.runDaemon(createHttp({ settings, secrets, manager: engine, log }))
  } catch (error) {
    log.error('manager exited with error', { err: reasonOf(error) })
    return 1
  } finally {
    signals.release()
  }
  log.info('peipkg-manager stopped')
  return 0
}

/** As quickly as it is taken; when nobody reads any more, children go on. */
function passOn(stream: NodeJS.WriteStream): Sink {
  let open = true
  stream.on('error', () => {
    open = false
  })
  return async (chunk) => {
    if (open && !stream.write(chunk)) await Promise.race([once(stream, 'drain'), once(stream, 'close')])
  }
}
