/** `peipkg-repo keys list`: the keys that a repository lists. */
import { Option } from 'clipanion'
import { type ListedKey, listKeys } from '../../publisher/keys-list.ts'
import { ProgramCommand } from '../command.ts'
import { renderRows } from '../render/columns.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { jsonText } from '../render/json.ts'
import { requireOptions } from '../values.ts'

export class KeysListCommand extends ProgramCommand {
  static override readonly synopsis = '--repo <dir> [--json]'
  static override readonly examples = ['keys list --repo repository']
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly json = Option.Boolean('--json', false, { description: 'one JSON document' })

  override async run(): Promise<number> {
    const { repo } = requireOptions({ repo: this.repo })
    const keys = listKeys(repo)
    if (this.json) this.print(jsonText(keys.map(document), 2))
    else this.printText(renderRows(keys.map(row), this.program.io.stdout))
    return 0
  }
}

function row({ fingerprint, status, validUntil, signsDescriptor }: ListedKey): readonly string[] {
  const state = validUntil === undefined ? status : `${status} until ${validUntil}`
  return [groupFingerprint(fingerprint), signsDescriptor ? `${state}, signs repo.json` : state]
}

function document({ fingerprint, status, validUntil, signsDescriptor }: ListedKey) {
  return { fingerprint, status, valid_until: validUntil ?? null, signs_descriptor: signsDescriptor }
}
