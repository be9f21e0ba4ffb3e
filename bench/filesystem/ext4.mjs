// A fresh ext4 for every run: extracting again where files were just removed would measure the freed inodes.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const SIZE = 8e9

/** A mounted, empty ext4 in a loop image below `scratch`: `{ directory, close }`. */
export function openExt4(scratch) {
  const place = mkdtempSync(join(scratch, 'ext4-'))
  const [image, directory] = [join(place, 'image'), join(place, 'mounted')]
  const remove = () => rmSync(place, { recursive: true, force: true })
  try {
    quietly('truncate', '-s', String(SIZE), image)
    // Inode tables and journal are made now, not by a kernel thread while we measure.
    quietly('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image)
    quietly('mkdir', directory)
    quietly('mount', '-o', 'loop', image, directory)
  } catch (error) {
    remove()
    throw error
  }
  const close = () => {
    quietly('umount', directory)
    remove()
  }
  return { directory, close }
}

/** Why there is no fresh ext4 here, or undefined. */
export function whyNoExt4(scratch) {
  const { bavail, bsize } = statfsSync(scratch)
  if (bavail * bsize < SIZE) return `less than ${SIZE / 1e9} GB free for an ext4 image`
  try {
    openExt4(scratch).close()
    return undefined
  } catch (error) {
    const [line] = String(error.stderr || error.message)
      .trim()
      .split('\n')
    return `no ext4 image can be mounted (${line})`
  }
}

const quietly = (command, ...args) => execFileSync(command, args, { stdio: 'pipe', env: withSbin() })

const withSbin = () => ({ ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH}:/usr/sbin:/sbin` })
