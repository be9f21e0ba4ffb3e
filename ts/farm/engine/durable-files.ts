/**
 * PGlite's files on the disk, with an fsync that is one. By itself it writes to files and syncs none: a commit would survive the kill of
 * its process, not a loss of power. The database calls `fsync` where PostgreSQL does once it is started without `-F`; the file
 * system below it answers without doing anything, for want of the operation that is added here.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/** The part of Emscripten's file system that is used. */
interface Stream {
  readonly node: object
  /** Of the system; directories have none. */
  readonly nfd?: number
}

interface Emscripten {
  readonly FS: {
    readonly filesystems: {
      readonly NODEFS: {
        readonly stream_ops: { fsync?: (stream: Stream) => number }
        realPath(node: object): string
        convertNodeCode(error: unknown): number
      }
    }
    readonly ErrnoError: new (code: number) => Error
  }
}

/** Its `fdatasync` does nothing and cannot be mended from here: the log is synced with `fsync`, which can. */
export const durableParameters = ['-c', 'fsync=on', '-c', 'wal_sync_method=fsync']

export class DurableFiles extends NodeFS {
  override async init(
    ...[database, given]: Parameters<NodeFS['init']>
  ): Promise<Awaited<ReturnType<NodeFS['init']>>> {
    const { emscriptenOpts } = await super.init(database, given)
    const preRun = [emscriptenOpts.preRun ?? []].flat()
    const addSync = (module: unknown) => sync((module as Emscripten).FS)
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...preRun, addSync] } }
  }
}

function sync({ filesystems: { NODEFS }, ErrnoError }: Emscripten['FS']): void {
  NODEFS.stream_ops.fsync = ({ node, nfd }) => {
    try {
      if (nfd === undefined) syncDirectory(NODEFS.realPath(node))
      else fsyncSync(nfd)
      return 0
    } catch (error) {
      throw new ErrnoError(NODEFS.convertNodeCode(error))
    }
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
