/** `peipkg-repo publish`: new packages, a rebuild, or only new signatures. */
import { Option } from 'clipanion'
import { defaultUrlTemplate, type PublishRequest, publish } from '../../publisher/publish.ts'
import { UsageError } from '../usage-error.ts'
import { requireOptions } from '../values.ts'
import { publishedLines } from './published-lines.ts'
import { RepositoryCommand } from './repository-command.ts'

export class PublishCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--in <dir> (--new <dir> | --rebuild --all-packages-dir <dir>) --sign-key <file> --timestamp <time> --out <dir>'
  static override readonly examples = [
    'publish --in repository --new packages --sign-key key.pem --timestamp 2026-05-02T12:00:00Z --out repository',
    'publish --in repository --rebuild --all-packages-dir repository/p --sign-key key.pem --timestamp 2026-05-02T12:00:00Z --out rebuilt',
  ]
  readonly in = Option.String('--in', { description: '<dir> the repository to publish into' })
  readonly new = Option.String('--new', { description: '<dir> whose *.peipkg are added; none: signs anew' })
  readonly rebuild = Option.Boolean('--rebuild', false, {
    description: 'ignores the old entries and hashes all again',
  })
  readonly allPackagesDir = Option.String('--all-packages-dir', {
    description: '<dir> all packages, at any depth, for --rebuild',
  })
  readonly signKey = Option.String('--sign-key', {
    description: '<file> a private key that the repository lists as active',
  })
  readonly out = Option.String('--out', { description: '<dir> the same as --in, or empty or absent' })
  readonly packageUrlTemplate = Option.String('--package-url-template', defaultUrlTemplate, {
    description: `<url> of {name} {version} {arch} {filename}; default ${defaultUrlTemplate}`,
  })
  readonly allowUnsigned = Option.Boolean('--allow-unsigned', false, {
    description: 'takes packages without signature',
  })

  override async run(): Promise<number> {
    const packages = this.packages()
    const given = requireOptions({
      in: this.in,
      'sign-key': this.signKey,
      timestamp: this.timestamp,
      out: this.out,
    })
    const change = this.signedChange({
      repository: given.in,
      signKey: given['sign-key'],
      timestamp: given.timestamp,
    })
    const request = {
      out: given.out,
      packages,
      urlTemplate: this.packageUrlTemplate,
      allowUnsigned: this.allowUnsigned,
    }
    const report = await this.controlled((control) => publish(change, request, control))
    this.show(report, publishedLines(report))
    return 0
  }

  /** Exactly one of `--new` and `--rebuild` (exit 1, as documented), the latter with its directory. */
  private packages(): PublishRequest['packages'] {
    if (this.rebuild === (this.new !== undefined)) {
      throw new UsageError('missing', 'exactly one of --new <dir> and --rebuild is needed')
    }
    if (this.new !== undefined) {
      if (this.allPackagesDir === undefined) return { kind: 'new', directory: this.new }
      throw new UsageError('surplus', 'option --all-packages-dir goes with --rebuild, not with --new')
    }
    const { 'all-packages-dir': directory } = requireOptions({ 'all-packages-dir': this.allPackagesDir })
    return { kind: 'rebuild', directory }
  }
}
