/** `peipkg-farm inspect`: everything about one execution, from the server or from a file. */
import { Option } from 'clipanion'
import type { ExecutionRecord } from '../../farm/api/execution.ts'
import { paths } from '../../farm/api/paths.ts'
import type { Connection } from '../../farm/client/connection.ts'
import { fetchArtifact } from '../../farm/client/fetch-artifact.ts'
import { type OpenedRecord, openRecord, readPart } from '../../farm/client/record.ts'
import { writeArtifacts } from '../../farm/client/write-artifacts.ts'
import { escapeText } from '../../native/escape.ts'
import { jsonText } from '../render/json.ts'
import { FarmCommand } from './farm-command.ts'
import { inspectionText } from './inspection.ts'
import { logOutput } from './log-output.ts'

/** Where it comes from. */
type Source =
  | { readonly kind: 'farm'; readonly farm: Connection; readonly record: ExecutionRecord }
  | { readonly kind: 'file'; readonly opened: OpenedRecord; readonly record: ExecutionRecord }

const uuidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export class InspectCommand extends FarmCommand {
  static override readonly document = 'farm-record'
  static override readonly synopsis = '<uuid or file> [options]'
  static override readonly details = [
    'Without options: a summary. A file is a record that export wrote; no server is asked then, and its SHA-256 are checked.',
  ]
  static override readonly examples = [
    'inspect 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b --console',
    'inspect nightly.record --output results',
  ]
  readonly console = Option.Boolean('--console', false, { description: 'prints the log' })
  readonly script = Option.Boolean('--script', false, { description: 'prints the script that ran' })
  readonly job = Option.Boolean('--job', false, { description: 'prints the job as it was' })
  readonly output = Option.String('--output', { description: '<dir> where the artifacts go' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String({ name: 'uuid or file' })

  override run(): Promise<number> {
    if (!uuidShape.test(this.subject)) {
      const opened = openRecord(this.subject)
      return this.show({ kind: 'file', opened, record: opened.record })
    }
    return this.withFarm(async (farm) => {
      const path = paths.record(this.subject)
      return await this.show({ kind: 'farm', farm, record: await farm.ask({ method: 'GET', path }) })
    })
  }

  private async show(source: Source): Promise<number> {
    const { record } = source
    if (this.json) this.printJson(record)
    else if (this.job) this.print(jsonText(record.specification, 2))
    else if (this.script) this.printText(shownScript(record, this.program.io.stdout.isTerminal))
    else if (this.console) await this.printLog(source)
    else if (this.output === undefined) this.printText(inspectionText(record, this.program.io.stdout))
    if (this.output !== undefined) await this.place(source, this.output)
    return 0
  }

  private async printLog(source: Source): Promise<void> {
    const output = logOutput(this.program.io.stdout)
    const parts =
      source.kind === 'file'
        ? readPart(source.opened, source.opened.logPart)
        : await source.farm.open({ method: 'GET', path: paths.log(this.subject) })
    for await (const part of parts) output.write(part as Buffer)
    if (this.program.io.stdout.isTerminal) output.end()
  }

  private async place(source: Source, directory: string): Promise<void> {
    const written =
      source.kind === 'file'
        ? await writeArtifacts(source.opened, directory)
        : await fetchAll(source.farm, this.subject, source.record, directory)
    if (!this.json) for (const path of written) this.print(escapeText(path))
  }
}

async function fetchAll(
  farm: Connection,
  uuid: string,
  { execution }: ExecutionRecord,
  directory: string,
): Promise<readonly string[]> {
  const written: string[] = []
  for (const artifact of execution.artifacts)
    written.push(await fetchArtifact(farm, uuid, artifact, directory))
  return written
}

function shownScript({ specification }: ExecutionRecord, terminal: boolean): string {
  const script = specification.script ?? ''
  if (!terminal) return script
  return script
    .split('\n')
    .map((line) => line.split('\t').map(escapeText).join('\t'))
    .join('\n')
}
