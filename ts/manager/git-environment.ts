/** What git may do on behalf of a recipe (§16.13, §16.18). */
import { PeiError } from '../native/errors.ts'

/** Never asks; only these transports, unless the operator's environment has another list. */
export function gitEnvironment(protocols = 'file:git:http:https:ssh'): Readonly<Record<string, string>> {
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: process.env.GIT_ALLOW_PROTOCOL ?? protocols,
    ...withoutAdvice(),
  }
}

/** A clone of a tag is told at length that it is no branch, in every log; one more setting beside those of the operator. */
function withoutAdvice(): Readonly<Record<string, string>> {
  const count = Number(process.env.GIT_CONFIG_COUNT ?? 0)
  if (!Number.isSafeInteger(count) || count < 0) return {}
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: 'advice.detachedHead',
    [`GIT_CONFIG_VALUE_${count}`]: 'false',
  }
}

/**
 * What a fetched tree may name as its submodules: files of this host only when the upstream lies here itself, for
 * .gitmodules is the upstream's to write (CVE-2022-39253).
 */
export function submoduleEnvironment(git: string): Readonly<Record<string, string>> {
  return gitEnvironment(isLocal(git) ? undefined : 'git:http:https:ssh')
}

function isLocal(git: string): boolean {
  return git.startsWith('file://') || git.startsWith('/') || git.startsWith('.')
}

/** Throws PEI_MANAGER_SOURCE for what git could take for an option. */
export function refuseOption(what: string, value: string): void {
  if (!value.startsWith('-')) return
  throw new PeiError('PEI_MANAGER_SOURCE', `the ${what} ${value} begins with "-" and is refused`)
}
