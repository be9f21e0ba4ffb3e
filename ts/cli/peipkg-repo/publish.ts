/** `peipkg-repo publish`: new packages, a rebuild, or only new signatures. */
import { Option } from 'clipanion'
import { defaultUrlTemplate, publish } from '../../publisher/publish.ts'
import { ProgramCommand } from '../command.ts'
import { progressLine } from '../render/progress-line.ts'
import { warningLine } from '../report-error.ts'
import { catchSignals } from '../signals.ts'
import { checkSigningKey } from '../signing-key.ts'
import { UsageError } from '../usage-error.ts'
import { parseChoice, parseTimestamp, requireOptions } from '../values.ts'
import { publishedLines } from './published-lines.ts'
import { signatureFormats } from './signature-format.ts'

export class PublishCommand extends ProgramCommand {
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
  readonly timestamp = Option.String('--timestamp', { description: '<time> now, as 2026-05-02T12:00:00Z' })
  readonly out = Option.String('--out', { description: '<dir> the same as --in, or empty or absent' })
  readonly packageUrlTemplate = Option.String('--package-url-template', defaultUrlTemplate, {
    description: `<url> of {name} {version} {arch} {filename}; default ${defaultUrlTemplate}`,
  })
  readonly signatureFormat = Option.String('--signature-format', 'envelope', {
    description: '<format> envelope (default) or bare',
  })
  readonly allowUnsigned = Option.Boolean('--allow-unsigned', false, {
    description: 'takes packages without signature',
  })

  readonly noSite = Option.Boolean('--no-site', false, {
    description: 'leaves the pages of the browse site as they are',
  })

  override async run(): Promise<number> {
    const { stderr } = this.program.io
    const packages = this.packages()
    const given = requireOptions({
      in: this.in,
      'sign-key': this.signKey,
      timestamp: this.timestamp,
      out: this.out,
    })
    const request = {
      base: given.in,
      out: given.out,
      packages,
      signKey: given['sign-key'],
      timestamp: parseTimestamp('--timestamp', given.timestamp),
      signatureFormat: parseChoice('--signature-format', this.signatureFormat, signatureFormats),
      urlTemplate: this.packageUrlTemplate,
      allowUnsigned: this.allowUnsigned,
      site: !this.noSite,
    }
    const warn = (text: string) => stderr.write(warningLine(this.program.program, text))
    checkSigningKey(request.signKey, warn)
    const progress = progressLine(stderr)
    const caught = catchSignals()
    try {
      const report = await publish(request, progress.update, caught.signal)
      progress.clear()
      for (const text of report.warnings) warn(text)
      for (const line of publishedLines(report)) this.print(line)
    } finally {
      progress.clear()
      caught.release()
    }
    return 0
  }

  /** Exactly one of `--new` and `--rebuild` (exit 1, as documented), the latter with its directory. */
  private packages(): { readonly kind: 'new' | 'rebuild'; readonly directory: string } {
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
