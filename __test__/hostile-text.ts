/** Short texts of characters that readers trip over, for property tests. (fast-check's own `binary` unit takes 14 ms a text.) */
import fc from 'fast-check'

const characters = [
  ...'aZ9é"\'\\=#[]{}().,-+_ \n\r\t\0',
  '\u001b',
  '\u007f',
  '\u009b',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\u{e0041}',
]

export const hostileText = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), maxLength })
