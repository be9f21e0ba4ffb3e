/** Which recipes may use which keys for binary signing (§5.3): the farm's configuration says so, never a recipe. */
import type { BinarySigningKey, ManagerConfiguration } from '../config/manager-configuration.ts'
import { PeiError, reasonOf } from '../native/errors.ts'
import { publicHalfOfKeyFile } from '../native/signature.ts'

/** A signing key's name → its public half, 64 lower-case hexadecimal digits. */
export type PublicKeys = ReadonlyMap<string, string>

/** Reads the private keys whose public half may be injected; the others are not touched. Throws PEI_KEY_INVALID. */
export function derivePublicKeys(keys: readonly BinarySigningKey[]): PublicKeys {
  return new Map(keys.filter((key) => key.pubkeyEnv !== '').map((key) => [key.name, publicHalf(key)]))
}

function publicHalf({ name, privateKey }: BinarySigningKey): string {
  try {
    return publicHalfOfKeyFile(privateKey).hex
  } catch (error) {
    throw new PeiError('PEI_KEY_INVALID', `signing key ${name}: ${reasonOf(error)}`, { cause: error })
  }
}

/** What the grant of a recipe adds to its build: injected keys first, then signing keys, in configured order. */
export function grantArguments(
  settings: Pick<ManagerConfiguration, 'grants' | 'signingKeys'>,
  keys: PublicKeys,
  recipe: string,
): readonly string[] {
  const grant = settings.grants.find((entry) => entry.recipe === recipe)
  if (grant === undefined) return []
  const keyOf = (name: string) => known(settings.signingKeys, name)
  return [
    ...grant.injectPubkey.flatMap((name) => ['--build-env', injection(keyOf(name), keys)]),
    ...grant.sign.flatMap((name) => ['--binary-sign-key', `${name}=${keyOf(name).privateKey}`]),
  ]
}

/** The same for a farm, which is handed public halves only. Throws PEI_CONFIG_INVALID where the recipe may sign binaries. */
export function injectedEnvironment(
  settings: Pick<ManagerConfiguration, 'grants' | 'signingKeys'>,
  keys: PublicKeys,
  recipe: string,
): Readonly<Record<string, string>> {
  const grant = settings.grants.find((entry) => entry.recipe === recipe)
  if (grant === undefined) return {}
  if (grant.sign.length > 0) {
    const reason = 'no key leaves this host, and a farm builds it elsewhere'
    throw new PeiError('PEI_CONFIG_INVALID', `recipe ${recipe} is granted signing keys: ${reason}`)
  }
  return Object.fromEntries(
    grant.injectPubkey.map((name) => {
      const [variable = '', hex = ''] = injection(known(settings.signingKeys, name), keys).split('=')
      return [variable, hex]
    }),
  )
}

/** The rules of the configuration let no other names through. */
function known(keys: readonly BinarySigningKey[], name: string): BinarySigningKey {
  const key = keys.find((entry) => entry.name === name)
  if (key === undefined) throw new PeiError('PEI_CONFIG_INVALID', `unknown signing key ${name}`)
  return key
}

function injection({ name, pubkeyEnv }: BinarySigningKey, keys: PublicKeys): string {
  const hex = keys.get(name)
  if (hex === undefined) throw new PeiError('PEI_CONFIG_INVALID', `signing key ${name} has no pubkey_env`)
  return `${pubkeyEnv}=${hex}`
}
