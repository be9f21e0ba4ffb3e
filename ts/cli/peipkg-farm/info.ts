/** `peipkg-farm info`: the whole farm on one page. */
import { Option } from 'clipanion'
import type { InfoAnswer } from '../../farm/api/info.ts'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import type { Output } from '../io.ts'
import { renderRows } from '../render/columns.ts'
import { FarmCommand } from './farm-command.ts'
import { executionRow, scheduleRow, seconds, workerRow } from './rows.ts'

export class InfoCommand extends FarmCommand {
  static override readonly document = 'farm-info'
  static override readonly synopsis = '[options]'
  static override readonly details = ['Every job that waits is shown with the reason.']
  static override readonly examples = ['info', 'info --json']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const info = await this.withFarm((farm) => farm.ask<InfoAnswer>({ method: 'GET', path: paths.info }))
    if (this.json) this.printJson(info)
    else this.printText(infoText(info, this.program.io.stdout))
    return 0
  }
}

export function infoText(info: InfoAnswer, output: Output): string {
  const { server, version, engine, started_at: started, dropped_platforms: dropped } = info
  const waiting = info.queues.flatMap(({ executions }) => executions)
  return [
    `${escapeText(server)}: peipkg-farm ${escapeText(version)} on ${engine}, since ${seconds(started)}\n`,
    ...info.problems.map((problem) => `problem: ${escapeText(problem)}\n`),
    section('running', info.running.map(executionRow), output),
    section('queued', waiting.map(executionRow), output),
    section('schedule', info.schedule.map(scheduleRow), output),
    section('workers', info.workers.map(workerRow), output),
    section(
      'dropped platforms',
      dropped.map((name) => [escapeText(name)]),
      output,
    ),
  ].join('')
}

function section(title: string, rows: readonly (readonly string[])[], output: Output): string {
  if (rows.length === 0) return ''
  return `\n${title}\n${renderRows(rows, output).replaceAll(/^(?=.)/gm, '  ')}`
}
