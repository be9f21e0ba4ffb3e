/** Puts finished packages at their final paths: all of them or none. */
import { closeSync, fsyncSync, lstatSync, mkdtempSync, openSync, renameSync, rmdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeDirectories } from '../config/make-directories.ts'
import { PeiError } from '../native/errors.ts'
import { removeTree } from './workspace.ts'

/**
 * Creates `out` and a temporary directory in it, has `fill` write the files named `names` there, then renames them to
 * `out`, over what was there. When anything fails `out` is as before. Returns the final paths.
 */
export async function placeTogether(
  out: string,
  names: readonly string[],
  fill: (directory: string) => Promise<void>,
): Promise<readonly string[]> {
  const firstCreated = makeDirectories(out)
  let placed = false
  try {
    const staging = mkdtempSync(join(out, '.peipkg-build-'))
    try {
      checkTargets(out, names)
      await fill(staging)
      const paths = renameAll(staging, out, names)
      placed = true
      return paths
    } finally {
      removeTree(staging)
    }
  } finally {
    if (!placed && firstCreated !== undefined) removeCreated(out, firstCreated)
  }
}

function checkTargets(out: string, names: readonly string[]): void {
  for (const name of names) {
    const target = join(out, name)
    if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) {
      throw new PeiError(
        'PEI_IO',
        `cannot write ${target}: it is a directory (remove it or choose another --out)`,
      )
    }
  }
}

function renameAll(staging: string, out: string, names: readonly string[]): readonly string[] {
  const undo: (() => void)[] = []
  try {
    for (const name of names) undo.push(replace(join(staging, name), join(out, name)))
  } catch (error) {
    for (const step of undo.reverse()) step()
    throw error
  }
  syncDirectory(out)
  return names.map((name) => join(out, name))
}

/** Renames a file over another one, which waits in the staging directory until all are in place. */
function replace(from: string, to: string): () => void {
  const before = join(dirname(from), `.before-${basename(to)}`)
  const existed = lstatSync(to, { throwIfNoEntry: false }) !== undefined
  if (existed) renameSync(to, before)
  try {
    renameSync(from, to)
  } catch (error) {
    if (existed) renameSync(before, to)
    throw error
  }
  return () => (existed ? renameSync(before, to) : renameSync(to, from))
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Removes the directories that were made for the output, from `out` up to the first of them. */
function removeCreated(out: string, first: string): void {
  for (let directory = out; directory.length >= first.length; directory = dirname(directory)) {
    try {
      rmdirSync(directory)
    } catch {
      return
    }
  }
}
