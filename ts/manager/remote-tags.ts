/** The tags of an upstream, as `git ls-remote --tags` tells them. */
import { PeiError } from '../native/errors.ts'
import type { Children } from './child.ts'
import { gitEnvironment, refuseOption } from './git-environment.ts'

export interface RemoteTag {
  readonly name: string
  /** The commit it stands for: that of an annotated tag, not the tag's own object. */
  readonly commit: string
}

/** More than any upstream has; what a hostile one may make us hold, in bytes. */
const MOST = 64 * 2 ** 20

/** What is kept of standard error, for the message. */
const WORDS = 4096

/** In git's order. Throws PEI_MANAGER_CHILD or PEI_MANAGER_SOURCE. */
export async function listRemoteTags(
  children: Children,
  git: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly RemoteTag[]> {
  refuseOption('git URL', git)
  const output: Buffer[] = []
  let bytes = 0
  let words = ''
  try {
    await children.run({
      program: 'git',
      args: ['ls-remote', '--tags', '--', git],
      environment: gitEnvironment(),
      stdout(chunk) {
        bytes += chunk.length
        if (bytes <= MOST) output.push(chunk)
      },
      stderr(chunk) {
        if (words.length < WORDS) words += chunk.toString()
      },
      limit,
      signal,
    })
  } catch (error) {
    if (!(error instanceof PeiError)) throw error
    const said = words.trim().split('\n').join('; ').slice(0, WORDS)
    throw new PeiError(error.code, `git ls-remote: ${error.message}${said === '' ? '' : `: ${said}`}`)
  }
  if (bytes > MOST) throw new PeiError('PEI_MANAGER_SOURCE', `git ls-remote: more than ${MOST} bytes of tags`)
  return parseRemoteTags(Buffer.concat(output).toString())
}

/** Names that could be mistaken for an option, or are no ref names, are left out. */
export function parseRemoteTags(text: string): readonly RemoteTag[] {
  const commits = new Map<string, string>()
  for (const [, object = '', name = '', peeled] of text.matchAll(line)) {
    if (commits.has(name) && peeled === undefined) continue
    if (isTagName(name)) commits.set(name, object)
  }
  return [...commits].map(([name, commit]) => ({ name, commit }))
}

const line = /^([0-9a-f]{40}|[0-9a-f]{64})\trefs\/tags\/([^\n]*?)(\^\{\})?$/gm

/** As `git check-ref-format` has it, without a dash in front. */
function isTagName(name: string): boolean {
  return (
    name !== '' &&
    !/^[-/]|[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|[/.]$/.test(name) &&
    !name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'))
  )
}
