/** User names and passwords of private repositories: a netrc file that names the hosts they are for (file 4). */
import { PeiError } from '../native/errors.ts'
import type { System } from '../native/system.ts'

/** By host, as `machine` names it: `pkg.example.org`, or `pkg.example.org:8443` for that port only. */
export type Credentials = ReadonlyMap<string, Login>

interface Login {
  readonly login: string
  readonly password: string
}

/**
 * Reads `file`, a path within the root, relative to `conf/peipkg`. Throws PEI_CONFIG_INVALID; no message holds anything
 * of the file but its path and a line's number.
 */
export function readCredentials(file: string, system: System): Credentials {
  const path = file.startsWith('/') ? file : `/conf/peipkg/${file}`
  const found = system.readSecret(path)
  if (found === null) throw invalid(path, 'does not exist')
  if ((found.mode & 0o077) !== 0) {
    throw invalid(path, `may be read by others (mode ${found.mode.toString(8)}): make it 0600`)
  }
  return parseNetrc(found.text, path)
}

/** `machine HOST login NAME password WORD`, in any number of lines; `default` would send a password to any host. */
export function parseNetrc(text: string, path: string): Credentials {
  const credentials = new Map<string, Login>()
  const words = tokens(text)
  let machine: string | undefined
  let login: Partial<Login> = {}
  const finish = () => {
    if (machine === undefined) return
    const { login: name, password } = login
    if (name === undefined || password === undefined) {
      throw invalid(path, `has a machine without login or password`)
    }
    if (!credentials.has(machine)) credentials.set(machine, { login: name, password })
  }
  for (let index = 0; index < words.length; index += 2) {
    const [keyword, value] = [words[index] as string, words[index + 1]]
    if (keyword === 'default') throw invalid(path, 'has a default entry, which would be sent to any host')
    if (value === undefined) throw invalid(path, 'ends within an entry')
    if (keyword === 'machine') {
      finish()
      machine = value.toLowerCase()
      login = {}
    } else if ((keyword === 'login' || keyword === 'password') && machine !== undefined) {
      login = { ...login, [keyword]: value }
    } else if (keyword !== 'account') {
      throw invalid(path, 'holds something else than machine, login, password and account')
    }
  }
  finish()
  return credentials
}

/** The value of `Authorization` for an address; undefined when its host is not named. */
export function authorizationFor(address: string, credentials: Credentials | undefined): string | undefined {
  const { host, hostname } = new URL(address)
  const found = credentials?.get(host) ?? credentials?.get(hostname)
  if (found === undefined) return undefined
  return `Basic ${Buffer.from(`${found.login}:${found.password}`).toString('base64')}`
}

function tokens(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.split(/\s+/))
    .filter((word) => word !== '')
}

function invalid(path: string, what: string): PeiError {
  return new PeiError('PEI_CONFIG_INVALID', `the credentials file ${path} ${what}`)
}
