/** Files that go with a job. */
import { lstatSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readBytes } from '../../config/text-file.ts'
import { PeiError } from '../../native/errors.ts'
import type { JobFile } from '../api/job.ts'

/** What a job may bring in all, in bytes; more belongs into a repository. */
const MOST = 32 * 2 ** 20
const MOST_FILES = 2000

/** `PATH` or `PATH=NAME`. */
export function readGivenFiles(options: readonly string[]): readonly JobFile[] {
  return within(
    options.map((option) => {
      const separator = option.lastIndexOf('=')
      const path = separator < 0 ? option : option.slice(0, separator)
      return readGiven(path, separator < 0 ? basename(path) : option.slice(separator + 1))
    }),
  )
}

/** All files of a recipe directory, without what begins with a dot. */
export function readRecipeFiles(directory: string): readonly JobFile[] {
  const files = within(filesBelow(directory, ''))
  if (files.some(({ name }) => name === 'peipkg.toml')) return files
  throw new PeiError('PEI_RECIPE_INVALID', `${directory} has no peipkg.toml (name the directory of a recipe)`)
}

function filesBelow(directory: string, prefix: string): readonly JobFile[] {
  const entries = readdirSync(directory, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return filesBelow(path, `${prefix}${entry.name}/`)
    return [readGiven(path, prefix + entry.name)]
  })
}

function readGiven(path: string, name: string): JobFile {
  const content = readBytes(path, MOST).toString('base64')
  return { name, content, executable: (lstatSync(path).mode & 0o100) !== 0 }
}

function within(files: readonly JobFile[]): readonly JobFile[] {
  const bytes = files.reduce((sum, { content }) => sum + content.length * 0.75, 0)
  if (files.length <= MOST_FILES && bytes <= MOST) return files
  throw new PeiError('PEI_LIMIT', `a job may bring ${MOST_FILES} files of ${MOST} bytes in all, no more`)
}
