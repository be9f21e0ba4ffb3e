/** `peipkg-repo keys rotate`: another key takes the place of the signing key. */
import { Option } from 'clipanion'
import { parseDuration } from '../../config/quantity.ts'
import { rotateKey } from '../../publisher/keys-rotate.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { UsageError } from '../usage-error.ts'
import { parseTimestamp, requireOptions } from '../values.ts'
import { RepositoryCommand } from './repository-command.ts'
import { timeAfter } from './time.ts'

export class KeysRotateCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--repo <dir> --old <file> --new <file> --timestamp <time> [--valid-until <time>] [options]'
  static override readonly details = [
    'The new key signs the indexes from now on. repo.json stays signed with the old key until the window ends, so that whoever knows only that one can follow; the first publish after the window signs it with the new key. Who does not refresh within the window has to add the new anchor by hand.',
  ]
  static override readonly examples = [
    'keys rotate --repo repository --old key.pem --new next.pem --timestamp 2026-05-02T12:00:00Z',
    'keys rotate --repo repository --old key.pem --new next.pem --valid-until 90d --timestamp 2026-05-02T12:00:00Z',
  ]
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly old = Option.String('--old', { description: '<file> the private key that signs now' })
  readonly new = Option.String('--new', { description: '<file> the private key that takes its place' })
  readonly validUntil = Option.String('--valid-until', '30d', {
    description: '<time> how long the old key is accepted: 30d (default), or a time',
  })

  override async run(): Promise<number> {
    const { repo: repository, ...given } = requireOptions({
      repo: this.repo,
      old: this.old,
      new: this.new,
      timestamp: this.timestamp,
    })
    const { fingerprint: old, ...change } = this.signedChange({
      repository,
      signKey: given.old,
      timestamp: given.timestamp,
    })
    const next = this.checkKey(given.new)
    const until = untilOf(this.validUntil, change.timestamp)
    const rotation = { key: given.new, until }
    const report = await this.controlled((control) => rotateKey(change, rotation, control))
    const lines = [
      `rotated to a new key; published index_version ${report.indexVersion}`,
      `  old: ${groupFingerprint(old)}  accepted until ${until}`,
      `  new: ${groupFingerprint(next)}`,
      `publish both fingerprints until ${until}, and the new one alone from then on`,
    ]
    this.show(report, lines, { keys: { old, new: next, valid_until: until } })
    return 0
  }
}

function untilOf(text: string, timestamp: string): string {
  if (text.includes('T')) return parseTimestamp('--valid-until', text)
  const seconds = parseDuration(text)
  const until = seconds === undefined ? undefined : timeAfter(timestamp, seconds)
  if (until !== undefined && until !== timestamp) return until
  throw new UsageError(
    'malformed',
    `option --valid-until is a time such as 30d or 2026-06-01T12:00:00Z, not "${text}"`,
  )
}
