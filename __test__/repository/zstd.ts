/** Zstandard frames made by hand: stored blocks, and runs of zeros. */

const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
/** No checksum, no content size, a window of 1 MiB. */
const header = Buffer.concat([magic, Buffer.from([0x00, 0x50])])
const largestBlock = 128 * 1024

/** What unpacks to `bytes`. */
export function zstdStored(bytes: Buffer): Buffer {
  const parts: Buffer[] = [header]
  for (let start = 0; start === 0 || start < bytes.length; start += largestBlock) {
    const content = bytes.subarray(start, start + largestBlock)
    parts.push(blockHeader(content.length, 0, start + largestBlock >= bytes.length), content)
  }
  return Buffer.concat(parts)
}

/** What unpacks to so many blocks of 128 KiB of zeros: four bytes each. */
export function zstdZeros(blocks: number): Buffer {
  const block = Buffer.concat([blockHeader(largestBlock, 1, false), Buffer.of(0)])
  return Buffer.concat([header, ...new Array<Buffer>(blocks).fill(block), blockHeader(0, 0, true)])
}

/** `type` 0: stored, 1: a run of one byte. */
function blockHeader(size: number, type: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(3)
  bytes.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3)
  return bytes
}
