/** `peipkg repo add`. */
import { Option } from 'clipanion'
import { checkBaseUrl } from '../../config/base-url.ts'
import {
  isFingerprint,
  isRepositoryName,
  type RepositoryConfiguration,
  repositoryDefaults,
} from '../../config/repository-file.ts'
import { reasonOf } from '../../native/errors.ts'
import { addRepository } from '../../operations/add-repository.ts'
import { UsageError } from '../usage-error.ts'
import { parseChoice, parseWholeNumber } from '../values.ts'
import { clockDescription, SessionCommand } from './session-command.ts'

export class RepoAddCommand extends SessionCommand {
  static override readonly synopsis = '[options] <name> <base-url>'
  static override readonly examples = ['repo add official https://pkg.example.org --anchor <fingerprint>']
  readonly anchor = Option.Array('--anchor', [], {
    description: '<fingerprint> a key that is trusted from the start; may be repeated',
  })
  readonly priority = Option.String('--priority', '50', { description: '<number> lower wins (50)' })
  readonly policy = Option.String('--policy', 'required', { description: '<policy> required or optional' })
  readonly minIndexVersion = Option.String('--min-index-version', '0', {
    description: '<number> older indexes are refused (0)',
  })
  readonly insecure = Option.Boolean('--insecure', false, { description: 'allows http' })
  readonly official = Option.Boolean('--official', false, {
    description: 'the repository of the operating system',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly clock = Option.String('--clock', { description: clockDescription })
  readonly name = Option.String()
  readonly baseUrl = Option.String()

  override async run(): Promise<number> {
    const repository = this.configuration()
    const opened = this.openSession({ yes: false, json: this.json })
    const session = await this.withClock(opened, this.clock, false)
    if (typeof session === 'string') return this.notAuthorised(session, this.json)
    const { outcome, name, indexVersion, packages } = await addRepository(repository, session)
    if (this.json) this.printJson({ outcome, name, index_version: indexVersion, packages })
    else this.print(outcome === 'declined' ? 'cancelled' : `added repository "${name}"`)
    return 0
  }

  private configuration(): RepositoryConfiguration {
    if (!isRepositoryName(this.name)) {
      throw new UsageError(
        'malformed',
        `"${this.name}" is no repository name (a-z, 0-9 and -, 1 to 64 characters)`,
      )
    }
    const signaturePolicy = parseChoice('--policy', this.policy, ['required', 'optional'])
    const trustAnchors = [...new Set(this.anchor.map(parseAnchor))]
    if (signaturePolicy === 'required' && trustAnchors.length === 0) {
      throw new UsageError('missing', 'option --anchor is needed: the fingerprint of a key of the repository')
    }
    return {
      ...repositoryDefaults,
      name: this.name,
      baseUrl: baseUrlOf(this.baseUrl, this.insecure),
      priority: parseWholeNumber('--priority', this.priority, 1, 2 ** 31 - 1),
      signaturePolicy,
      trustAnchors,
      allowInsecureTransport: this.insecure,
      minIndexVersion: parseWholeNumber(
        '--min-index-version',
        this.minIndexVersion,
        0,
        Number.MAX_SAFE_INTEGER,
      ),
      official: this.official,
      sdAllowSids: [],
    }
  }
}

/** As it is printed, in groups, or without spaces. */
function parseAnchor(text: string): string {
  const fingerprint = text.replace(/[\s:]/g, '').toLowerCase()
  if (isFingerprint(fingerprint)) return fingerprint
  throw new UsageError(
    'malformed',
    `option --anchor is a fingerprint of 64 hexadecimal digits, not "${text}"`,
  )
}

function baseUrlOf(text: string, insecure: boolean): string {
  try {
    return checkBaseUrl(text, insecure, '--insecure')
  } catch (error) {
    throw new UsageError('malformed', reasonOf(error))
  }
}
