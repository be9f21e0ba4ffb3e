/** `peipkg-repo descriptor set`: what a repository says of itself. */
import { Option } from 'clipanion'
import { setDescriptor } from '../../publisher/descriptor-set.ts'
import { UsageError } from '../usage-error.ts'
import { RepositoryCommand } from './repository-command.ts'

export class DescriptorSetCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--repo <dir> [--name <name>] [--description <text>] --sign-key <file> --timestamp <time> [options]'
  static override readonly examples = [
    'descriptor set --repo repository --description "Packages for everyday work" --sign-key key.pem --timestamp 2026-05-02T12:00:00Z',
  ]
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly name = Option.String('--name', {
    description: '<name> the new name; consumers refuse one that changes',
  })
  readonly description = Option.String('--description', {
    description: '<text> one line for people; may be empty',
  })
  readonly signKey = Option.String('--sign-key', {
    description: '<file> the private key that signs repo.json',
  })
  readonly force = Option.Boolean('--force', false, {
    description: 'changes the name of a repository that has packages',
  })

  override async run(): Promise<number> {
    const change = this.changeOf(this.repo, this.signKey)
    if (this.name === undefined && this.description === undefined) {
      throw new UsageError('missing', 'one of --name and --description is needed')
    }
    const described = {
      force: this.force,
      ...(this.name === undefined ? {} : { name: this.name }),
      ...(this.description === undefined ? {} : { description: this.description }),
    }
    const report = await this.controlled((control) => setDescriptor(change, described, control))
    this.show(report, ['changed repo.json'])
    return 0
  }
}
