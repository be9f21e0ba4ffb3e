// Where a run happens: a directory of its own on tmpfs, or a fresh ext4.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openExt4 } from '../filesystem/ext4.mjs'

/** A directory in memory that is gone after `close`. */
export function onTmpfs({ tmpfs }) {
  const directory = mkdtempSync(join(tmpfs.directory, 'run-'))
  return { directory, close: () => rmSync(directory, { recursive: true, force: true }) }
}

/** A fresh ext4 that is gone after `close`. */
export function onExt4({ scratch }) {
  return openExt4(scratch)
}

/** A root for our programs on such a place, holding what a user has before the command; written back, so that what is
 *  measured starts with a quiet disk. */
export async function rootOn(open, context, fill) {
  const place = open(context)
  try {
    const root = join(place.directory, 'root')
    mkdirSync(root)
    await fill(root)
    execFileSync('sync', ['-f', root])
    return { root, close: place.close }
  } catch (error) {
    place.close()
    throw error
  }
}

export const needsTmpfs = ({ tmpfs }) => tmpfs.reason
export const needsExt4 = ({ ext4Reason }) => ext4Reason
