// The table: under each work the commands, ours first, and what was to be reached.

const HEAD = ['command', 'CPU s', 'wall s', 'peak MB', 'CPU ×', 'wall ×']

export function renderTable(results) {
  const lines = results.flatMap((result) => [...body(result), []])
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...lines.filter((line) => line.length > 1).map((line) => line[column].length)),
  )
  const row = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
  const printed = lines.map((line) => (line.length > 1 ? row(line) : (line[0] ?? '')))
  return [row(HEAD), '─'.repeat(row(HEAD).length), ...printed].join('\n')
}

function body(result) {
  const { title, series = [] } = result
  const reference = series.find(({ role }) => role === 'reference')
  return [[title], ...series.map((one) => measured(one, reference, result)), ...verdict(result)]
}

function measured({ label, cpu, wall, peak }, reference, { repeated }) {
  const digits = repeated === undefined ? 2 : 3
  const ratio = (value, other) => (other === undefined ? '' : (value / other).toFixed(2))
  return [
    ...[`  ${label}`, cpu.toFixed(digits), wall.toFixed(digits), (peak / 1e6).toFixed(0)],
    ...[ratio(cpu, reference?.cpu), ratio(wall, reference?.wall)],
  ]
}

function verdict({ skipped, failed, checks = [], noisy }) {
  if (skipped !== undefined) return [[`  → skipped: ${skipped}`]]
  if (failed !== undefined) return [[`  → failed: ${failed}`]]
  const lines = checks.map(({ text, found, reached }) => [
    `  → ${reached ? 'reached' : 'NOT REACHED'}: ${found} (${text})`,
  ])
  if (noisy) lines.push(['    (others used the processors meanwhile: measure again on a quiet machine)'])
  return lines
}
