/** The temporary directories of one build, fresh and empty, gone afterwards whatever happened. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Workspace {
  /** The directory that holds the others. */
  readonly root: string
  /** Where the script starts. */
  readonly work: string
  readonly destdir: string
}

/** Runs `use` with a new workspace and removes it afterwards; with `keep` it stays and `kept` is told where. */
export async function withWorkspace<T>(
  keep: boolean,
  kept: (root: string) => void,
  use: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const workspace = createWorkspace()
  try {
    return await use(workspace)
  } finally {
    if (keep) kept(workspace.root)
    else removeTree(workspace.root)
  }
}

function createWorkspace(): Workspace {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-build-'))
  const workspace = { root, work: join(root, 'work'), destdir: join(root, 'destdir') }
  mkdirSync(workspace.work, 0o755)
  mkdirSync(workspace.destdir, 0o755)
  chmodSync(workspace.work, 0o755)
  chmodSync(workspace.destdir, 0o755)
  return workspace
}

/** Removes a tree, also one in which a script left directories that their owner may not write. */
export function removeTree(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    makeWritable(directory)
    rmSync(directory, { recursive: true, force: true })
  }
}

function makeWritable(directory: string): void {
  chmodSync(directory, 0o700)
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(directory, entry.name))
  }
}
