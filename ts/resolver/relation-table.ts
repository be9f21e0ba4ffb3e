// Compact one-to-many tables: the resolver's graphs, in two arrays each.

/** The values of row `i` are `values[starts[i] … starts[i + 1])`, in the order in which they were given. */
export interface RelationTable {
  readonly starts: Int32Array
  readonly values: Int32Array
}

/** Builds a table of `rows` rows; `each` is called twice and must give the same pairs in the same order. */
export function relationTable(
  rows: number,
  each: (add: (row: number, value: number) => void) => void,
): RelationTable {
  const starts = new Int32Array(rows + 1)
  each((row) => {
    starts[row + 1] = (starts[row + 1] as number) + 1
  })
  for (let row = 0; row < rows; row++) starts[row + 1] = (starts[row + 1] as number) + (starts[row] as number)
  const values = new Int32Array(starts[rows] as number)
  const next = starts.slice()
  each((row, value) => {
    const at = next[row] as number
    values[at] = value
    next[row] = at + 1
  })
  return { starts, values }
}

/** The values of one row, as a view. */
export function rowOf(table: RelationTable, row: number): Int32Array {
  return table.values.subarray(table.starts[row], table.starts[row + 1])
}

/** Visits the values of one row; where it matters, cheaper than the view of `rowOf`. Returns how many there are. */
export function visitRow(table: RelationTable, row: number, visit: (value: number) => void): number {
  const end = table.starts[row + 1] as number
  const start = table.starts[row] as number
  for (let at = start; at < end; at++) visit(table.values[at] as number)
  return end - start
}
