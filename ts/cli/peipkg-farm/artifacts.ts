/** `peipkg-farm artifacts`: what an execution left. */
import { Option } from 'clipanion'
import type { ArtifactView } from '../../farm/api/execution.ts'
import { paths } from '../../farm/api/paths.ts'
import { fetchArtifact } from '../../farm/client/fetch-artifact.ts'
import { escapeText } from '../../native/escape.ts'
import { renderRows } from '../render/columns.ts'
import { FarmCommand } from './farm-command.ts'

export class ArtifactsCommand extends FarmCommand {
  static override readonly document = 'farm-artifacts'
  static override readonly synopsis = '<uuid> [options]'
  static override readonly details = [
    'Prints the SHA-256, the size in bytes and the name of each. With --output they are fetched, each is put in place only when its SHA-256 is right, and their paths are printed.',
  ]
  static override readonly examples = [
    'artifacts 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b',
    'artifacts 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b --output results',
  ]
  readonly output = Option.String('--output', { description: '<dir> where they go; made when absent' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly uuid = Option.String()

  override run(): Promise<number> {
    return this.withFarm(async (farm) => {
      const path = paths.artifacts(this.uuid)
      const { artifacts } = await farm.ask<{ artifacts: readonly ArtifactView[] }>({ method: 'GET', path })
      const places: string[] = []
      for (const artifact of this.output === undefined ? [] : artifacts) {
        places.push(await fetchArtifact(farm, this.uuid, artifact, this.output as string))
      }
      if (this.json) {
        this.printJson(artifacts.map((artifact, index) => ({ ...artifact, path: places[index] ?? null })))
      } else if (this.output === undefined) {
        const rows = artifacts.map(({ name, bytes, sha256 }) => [sha256, String(bytes), escapeText(name)])
        this.printText(renderRows(rows, this.program.io.stdout))
      } else for (const place of places) this.print(escapeText(place))
      return 0
    })
  }
}
