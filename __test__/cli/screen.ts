/** A terminal of a given size that understands what progress writes: what a person would see, line by line. */
export function screen(width: number, height: number) {
  /** Everything that was ever shown; the last `height` rows are on the screen. */
  const rows: string[][] = [[]]
  let row = 0
  let column = 0
  const top = () => Math.max(0, rows.length - height)
  const down = () => {
    row += 1
    if (row === rows.length) rows.push([])
  }
  const put = (character: string) => {
    if (column === width) {
      column = 0
      down()
    }
    ;(rows[row] as string[])[column] = character
    column += 1
  }
  const write = (text: string) => {
    for (const [piece, count] of text.matchAll(/\x1b\[(\d*)[AJK]|[\s\S]/gu)) {
      if (piece === '\r') column = 0
      else if (piece === '\n') {
        down()
        column = 0
      } else if (!piece.startsWith('\x1b')) put(piece)
      else if (piece.endsWith('A')) row = Math.max(top(), row - Number(count || 1))
      else {
        rows[row]?.splice(column)
        if (piece.endsWith('J')) rows.splice(row + 1)
      }
    }
  }
  const lines = () => rows.map((cells) => Array.from(cells, (cell) => cell ?? ' ').join(''))
  return { write, lines, output: { write, isTerminal: true, width, height } }
}
