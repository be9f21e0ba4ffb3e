/**
 * The elements of an array in a big JSON document, one at a time: the whole of an archive index as objects would make the
 * process several times as large, and every child's start as much slower.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = [0x7b, 0x5b]
const CLOSE = [0x7d, 0x5d]

export interface SplitDocument {
  /** The document with the array left empty. */
  readonly rest: Buffer
  /** The texts of the array's elements, which are objects. */
  readonly elements: Iterable<string>
}

/** The array is the value of `key` at the top. Throws when there is none; what else is wrong, `JSON.parse` finds. */
export function splitArray(bytes: Buffer, key: string): SplitDocument {
  const spans = spansOf(bytes, key)
  if (spans === undefined) throw new Error(`no array "${key}"`)
  const { start, end, elements } = spans
  return {
    rest: Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]),
    elements: textsOf(bytes, elements),
  }
}

function* textsOf(bytes: Buffer, elements: readonly number[]): Iterable<string> {
  for (let at = 0; at < elements.length; at += 2) {
    yield bytes.toString('utf8', elements[at], elements[at + 1])
  }
}

interface Spans {
  /** Behind the opening bracket and before the closing one. */
  readonly start: number
  readonly end: number
  /** Start and end of each element. */
  readonly elements: number[]
}

function spansOf(bytes: Buffer, key: string): Spans | undefined {
  const elements: number[] = []
  let depth = 0
  let start = -1
  let last = ''
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) {
      const end = endOfString(bytes, at)
      if (depth === 1) last = bytes.toString('utf8', at + 1, end)
      at = end
    } else if (OPEN.includes(byte)) {
      depth += 1
      if (depth === 2 && start < 0 && last === key && byte === OPEN[1]) start = at + 1
      else if (depth === 3 && start >= 0) elements.push(at)
    } else if (CLOSE.includes(byte)) {
      depth -= 1
      if (depth === 2 && start >= 0) elements.push(at + 1)
      else if (depth === 1 && start >= 0) return { start, end: at, elements }
    }
  }
  return undefined
}

/** Where the closing quote is. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at += 1
    else if (bytes[at] === QUOTE) return at
  }
  return bytes.length
}
