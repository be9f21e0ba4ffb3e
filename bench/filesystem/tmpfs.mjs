// A place in memory: /dev/shm where it is a tmpfs with room, else one that is mounted for the run.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const TMPFS_MAGIC = 0x01021994
const ROOM = 5e9

/** `{ directory, close }`, or `{ reason }` where there is none. */
export function openTmpfs(scratch) {
  if (hasRoom('/dev/shm')) {
    const directory = mkdtempSync('/dev/shm/peipkg-bench-')
    return { directory, close: () => rmSync(directory, { recursive: true, force: true }) }
  }
  const directory = mkdtempSync(join(scratch, 'tmpfs-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6g', 'tmpfs', directory], { stdio: 'pipe' })
  } catch {
    return { reason: 'no tmpfs with 5 GB of room: /dev/shm is not one, and mounting is not allowed' }
  }
  return { directory, close: () => execFileSync('umount', [directory]) }
}

function hasRoom(directory) {
  try {
    const { type, bavail, bsize } = statfsSync(directory)
    return type === TMPFS_MAGIC && bavail * bsize > ROOM
  } catch {
    return false
  }
}
