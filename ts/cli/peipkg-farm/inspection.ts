/** The summary that `inspect` prints. */
import type { ExecutionRecord } from '../../farm/api/execution.ts'
import { resultText } from '../../farm/api/result.ts'
import { escapeText } from '../../native/escape.ts'
import type { Output } from '../io.ts'
import { renderRows } from '../render/columns.ts'
import { formatSize } from '../render/size.ts'
import { seconds, stateText } from './rows.ts'

export function inspectionText(
  { server, execution, specification }: ExecutionRecord,
  output: Output,
): string {
  const fields: readonly (readonly [string, string])[] = [
    ['execution', execution.execution],
    ['job', `${execution.job} (${execution.kind})`],
    ['platform', execution.platform],
    ['farm', server],
    ['created', seconds(execution.created_at)],
    ['started', execution.started_at === null ? '-' : seconds(execution.started_at)],
    ['ended', execution.ended_at === null ? '-' : seconds(execution.ended_at)],
    ['result', stateText(execution)],
    ['log', `${execution.log_bytes} bytes`],
    ...(execution.published.length === 0 ? [] : [['published', execution.published.join(', ')] as const]),
    ...(specification.require === undefined ? [] : [['requires', specification.require.join(', ')] as const]),
  ]
  const attempts = execution.attempts.map(({ number, worker, sandbox, result }) => [
    `attempt ${number}`,
    escapeText(worker),
    sandbox === '' ? '-' : sandbox,
    escapeText(result === null ? 'runs' : resultText(result)),
  ])
  const artifacts = execution.artifacts.map(({ name, bytes, sha256 }) => [
    sha256,
    formatSize(bytes),
    escapeText(name),
  ])
  return [
    ...fields.map(([name, value]) => `${`${name}:`.padEnd(11)}${escapeText(value)}\n`),
    ...(attempts.length === 0 ? [] : ['\n', renderRows(attempts, output)]),
    ...(artifacts.length === 0 ? [] : ['\n', renderRows(artifacts, output)]),
  ].join('')
}
