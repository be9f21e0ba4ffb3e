/** A scratch directory with a root to install into, and `peipkg` running against it as a user would run it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type Ended, type Running, start } from '../../programs.ts'

export interface Scratch {
  readonly directory: string
  readonly root: string
  /** Runs a command to its end; `input` is what stdin holds. */
  peipkg(args: string | readonly string[], input?: string, environment?: Environment): Promise<Ended>
  start(args: string | readonly string[], environment?: Environment): Running
  /** As `peipkg`, and the exit code has to be 0; returns stdout. */
  ok(args: string | readonly string[], input?: string): Promise<string>
  /** Every path below the root that is no state of peipkg's own, sorted. */
  tree(): readonly string[]
  read(path: string): string
  remove(): void
}

type Environment = Readonly<Record<string, string>>

export function scratch(): Scratch {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
  const root = join(directory, 'root')
  mkdirSync(root)
  const run: Scratch['start'] = (args, environment = {}) => {
    const words = typeof args === 'string' ? args.split(' ') : args
    return start('peipkg', [...words, '--root', root], {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: directory,
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...environment },
    })
  }
  const peipkg: Scratch['peipkg'] = (args, input = '', environment = {}) => {
    const { child, ended } = run(args, environment)
    child.stdin?.on('error', () => undefined).end(input)
    return ended
  }
  return {
    directory,
    root,
    peipkg,
    start: run,
    async ok(args, input) {
      const { code, stdout, stderr } = await peipkg(args, input)
      if (code !== 0) throw new Error(`peipkg ${args} ended with ${code}:\n${stdout}${stderr}`)
      return stdout
    },
    tree: () =>
      walk(root, root)
        .filter((path) => !stateParents.includes(path))
        .sort(),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    remove: () => rmSync(directory, { recursive: true }),
  }
}

/** Directories that hold nothing but state here. */
const stateParents = ['conf/', 'var/', 'var/lib/', 'var/log/']

function walk(directory: string, root: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    const name = relative(root, path)
    if (['var/lib/peipkg', 'var/log/peipkg', 'conf/peipkg'].includes(name)) return []
    return entry.isDirectory() ? [`${name}/`, ...walk(path, root)] : [name]
  })
}

/** What differs from run to run, replaced: times, the scratch directory, key fingerprints stay. */
export function normalised(text: string, { directory }: Scratch): string {
  return text
    .replaceAll(directory, '<scratch>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replace(/\d+(\.\d)? (B|KiB|MiB)/g, '<size>')
}
