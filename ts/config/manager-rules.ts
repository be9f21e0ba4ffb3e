/** The rules of the manager's configuration, in the documented order: the first broken one is the error (file 9, §5.2). */
import { formatGoDuration } from './duration.ts'
import type { KeyPath } from './locate.ts'
import type { DecodedManagerFile } from './manager-decode.ts'
import { failAt } from './manager-file-error.ts'
import type { ManagerConfiguration } from './manager-settings.ts'

const MINUTE = 60_000

interface Broken {
  readonly path: KeyPath
  readonly message: string
}

/** Throws ManagerFileError: `validate PATH: …`. */
export async function checkManagerRules(decoded: DecodedManagerFile): Promise<void> {
  for (const broken of brokenRules(decoded)) {
    await failAt(decoded.text, broken.path, `validate ${decoded.path}: ${broken.message}`)
  }
}

function* brokenRules(decoded: DecodedManagerFile): Generator<Broken> {
  const { configuration } = decoded
  yield* requiredKeys(configuration)
  yield* uploadRules(decoded)
  if (configuration.defaultInterval < MINUTE) {
    const given = formatGoDuration(configuration.defaultInterval)
    const message = `[poll].default_interval ${given} is less than the 1-minute minimum (use 1m or greater)`
    yield { path: ['poll', 'default_interval'], message }
  }
  yield* keyRules(configuration)
  yield* grantRules(configuration)
  yield* ownRules(decoded)
}

function* requiredKeys(configuration: ManagerConfiguration): Generator<Broken> {
  const required = [
    ['manager', 'id', configuration.id],
    ['manager', 'recipes_dir', configuration.recipesDir],
    ['manager', 'state_dir', configuration.stateDir],
    ['repo', 'name', configuration.repoName],
    ['signing', 'key_file', configuration.signingKeyFile],
  ] as const
  for (const [table, key, value] of required) {
    if (value === '') yield { path: [table, key], message: `[${table}].${key} is required` }
  }
}

function* uploadRules({ backend, configuration }: DecodedManagerFile): Generator<Broken> {
  if (!['', 'none', 'rclone'].includes(backend)) {
    const message = `[upload].backend ${JSON.stringify(backend)} not recognised (want one of: rclone, none, or empty)`
    yield { path: ['upload', 'backend'], message }
  }
  if (backend === 'rclone' && configuration.uploadRemote === '') {
    yield {
      path: ['upload', 'remote'],
      message: '[upload].remote is required when backend is rclone',
    }
  }
}

function* keyRules({ signingKeys }: ManagerConfiguration): Generator<Broken> {
  for (const [index, { name, privateKey, pubkeyEnv }] of signingKeys.entries()) {
    const broken = (key: string, message: string): Broken => ({ path: ['signing_key', index, key], message })
    const title = `[[signing_key]] ${JSON.stringify(name)}`
    if (name === '') yield broken('name', `[[signing_key]] #${index}: name is required`)
    if (signingKeys.slice(0, index).some((other) => other.name === name)) {
      yield broken('name', `${title}: duplicate name`)
    }
    if (privateKey === '') yield broken('private', `${title}: private is required`)
    // Both become NAME=VALUE of an argument.
    if (name.includes('=')) yield broken('name', `${title}: a name cannot contain "="`)
    if (pubkeyEnv !== '' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(pubkeyEnv)) {
      yield broken(
        'pubkey_env',
        `${title}: pubkey_env ${JSON.stringify(pubkeyEnv)} is no name of an environment variable`,
      )
    }
  }
}

function* grantRules({ grants, signingKeys }: ManagerConfiguration): Generator<Broken> {
  const keyOf = (name: string) => signingKeys.find((key) => key.name === name)
  for (const [index, { recipe, injectPubkey, sign }] of grants.entries()) {
    const broken = (key: string, message: string): Broken => ({ path: ['grant', index, key], message })
    const title = `[[grant]] ${JSON.stringify(recipe)}`
    if (recipe === '') yield broken('recipe', `[[grant]] #${index}: recipe is required`)
    if (grants.slice(0, index).some((other) => other.recipe === recipe)) {
      yield broken('recipe', `${title}: duplicate recipe`)
    }
    for (const name of injectPubkey) {
      const key = keyOf(name)
      const quoted = JSON.stringify(name)
      if (key === undefined)
        yield broken('inject_pubkey', `${title}: inject_pubkey: unknown signing key ${quoted}`)
      if (key?.pubkeyEnv === '') {
        yield broken('inject_pubkey', `${title}: inject_pubkey: signing key ${quoted} has no pubkey_env`)
      }
    }
    for (const name of sign) {
      if (keyOf(name) === undefined) {
        yield broken('sign', `${title}: sign: unknown signing key ${JSON.stringify(name)}`)
      }
    }
  }
}

/** What the reference does not have. */
function* ownRules({ order, page, configuration }: DecodedManagerFile): Generator<Broken> {
  const { limits, resignAfter, farmServer, farmTokenFile, notifyCommand } = configuration
  if (!['', 'single', 'two-pass'].includes(order)) {
    const message = `[upload].order ${JSON.stringify(order)} not recognised (want one of: single, two-pass)`
    yield { path: ['upload', 'order'], message }
  }
  if (!['loopback', 'public', 'off'].includes(page)) {
    const message = `[http].page ${JSON.stringify(page)} not recognised (want one of: loopback, public, off)`
    yield { path: ['http', 'page'], message }
  }
  if (resignAfter < 0 || (resignAfter > 0 && resignAfter < MINUTE)) {
    const message = `[repo].resign_after ${formatGoDuration(resignAfter)} is less than a minute (use 0s for never)`
    yield { path: ['repo', 'resign_after'], message }
  }
  for (const key of ['git', 'build'] as const) {
    if (limits[key] >= 1000) continue
    yield {
      path: ['limits', key],
      message: `[limits].${key} ${formatGoDuration(limits[key])} is less than 1s`,
    }
  }
  const counts = { concurrent_polls: limits.concurrentPolls, logs_per_recipe: limits.logsPerRecipe }
  for (const [key, value] of Object.entries(counts)) {
    if (value >= 1 && value <= 1000) continue
    yield { path: ['limits', key], message: `[limits].${key} must be between 1 and 1000, not ${value}` }
  }
  if ((farmServer === '') !== (farmTokenFile === '')) {
    yield { path: ['farm'], message: '[farm].server and [farm].token_file go together' }
  }
  if (notifyCommand[0] === '') {
    yield { path: ['notify', 'command'], message: '[notify].command names no program' }
  }
}
