/** Rows of text: aligned on a terminal, separated by two spaces anywhere else (file 7). */
import type { Output } from '../io.ts'

/** Cells are escaped by the caller. A row's last cell is never padded. */
export function renderRows(rows: readonly (readonly string[])[], output: Output): string {
  const widths: number[] = []
  if (output.isTerminal) {
    for (const row of rows) {
      for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
    }
  }
  return rows
    .map((row) => `${row.map((cell, column) => pad(cell, row, column, widths)).join('  ')}\n`)
    .join('')
}

function pad(cell: string, row: readonly string[], column: number, widths: readonly number[]): string {
  return column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)
}
