/** `peipkg-repo prune-prerelease`: old pre-releases leave the archive. */
import { Option } from 'clipanion'
import { parseDuration } from '../../config/quantity.ts'
import { prunePrereleases } from '../../publisher/prune-prerelease.ts'
import { UsageError } from '../usage-error.ts'
import { requireOptions } from '../values.ts'
import { RepositoryCommand } from './repository-command.ts'
import { timeAfter } from './time.ts'

export class PrunePrereleaseCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--repo <dir> --older-than <time> --sign-key <file> --timestamp <time> [--dry-run] [options]'
  static override readonly details = [
    'Pre-releases (1.0~rc1-1) that were built longer ago than that leave the indexes, and their files are deleted. Current versions stay, and so does whatever is no pre-release: a published version is kept for ever.',
  ]
  static override readonly examples = [
    'prune-prerelease --repo repository --older-than 90d --sign-key key.pem --timestamp 2026-05-02T12:00:00Z --dry-run',
  ]
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly olderThan = Option.String('--older-than', { description: '<time> before --timestamp, as 90d' })
  readonly signKey = Option.String('--sign-key', {
    description: '<file> a private key that the repository lists as active',
  })
  readonly dryRun = Option.Boolean('--dry-run', false, {
    description: 'says what would go, and changes nothing',
  })

  override async run(): Promise<number> {
    const given = requireOptions({
      repo: this.repo,
      'older-than': this.olderThan,
      'sign-key': this.signKey,
      timestamp: this.timestamp,
    })
    const change = this.signedChange({
      repository: given.repo,
      signKey: given['sign-key'],
      timestamp: given.timestamp,
    })
    const pruning = { before: timeBefore(given['older-than'], change.timestamp), dryRun: this.dryRun }
    const report = await this.controlled((control) => prunePrereleases(change, pruning, control))
    const count = report.added.length === 1 ? '1 pre-release' : `${report.added.length} pre-releases`
    const first = this.dryRun
      ? `would remove ${count}`
      : `published index_version ${report.indexVersion} (${count} removed)`
    this.show(report, [first, ...report.added.map(({ filename }) => `  - ${filename}`)], {
      dry_run: this.dryRun,
    })
    return 0
  }
}

function timeBefore(age: string, timestamp: string): string {
  const seconds = parseDuration(age)
  const time = seconds === undefined ? undefined : timeAfter(timestamp, -seconds)
  if (time !== undefined) return time
  throw new UsageError('malformed', `option --older-than is an age such as 90d or 12h, not "${age}"`)
}
