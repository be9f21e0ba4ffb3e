// A fresh ext4 for every run: extracting again where files were just removed would measure the freed inodes.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const SIZE = 8e9

/** A mounted, empty ext4 in a loop image below `scratch`: `{ directory, close }`. */
export function openExt4(scratch) {
  const place = mkdtempSync(join(scratch, 'ext4-'))
  const undo = [() => rmSync(place, { recursive: true, force: true })]
  const close = () => {
    for (const step of undo.splice(0).reverse()) step()
  }
  try {
    const [image, directory] = [join(place, 'image'), join(place, 'mounted')]
    // Blocks are there already, and inode tables and journal are made now, not by the kernel while we measure.
    quietly('fallocate', '-l', String(SIZE), image)
    quietly('mkfs.ext4', '-q', '-F', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', image)
    quietly('sync', '-f', image)
    mkdirSync(directory)
    const device = attach(image)
    undo.push(() => quietly('losetup', '-d', device))
    quietly('mount', device, directory)
    undo.push(() => quietly('umount', directory))
    return { directory, close }
  } catch (error) {
    close()
    throw error
  }
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

/** Past the page cache of the filesystem below, where that is possible: a disk has none either. */
function attach(image) {
  try {
    return quietly('losetup', '--direct-io=on', '--find', '--show', image)
  } catch {
    return quietly('losetup', '--find', '--show', image)
  }
}

const quietly = (command, ...args) =>
  execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8', env: withSbin() }).trim()

const withSbin = () => ({ ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH}:/usr/sbin:/sbin` })
