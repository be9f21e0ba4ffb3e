/** A root that has nothing but its packages, and its own peipkg run from inside, as on a machine whose root it is. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type Ended, type ProgramName, run, startCommand } from '../../programs.ts'
import { signingKey } from '../../recipes.ts'
import { serve, type TestServer } from '../../repository/servers.ts'
import { buildRevision, triplet } from './packages.ts'

export interface Machine {
  readonly root: string
  /** The command that runs the root's own `peipkg`, or another of its programs. */
  command(args: string, program?: ProgramName): readonly [string, ...string[]]
  /** Runs the root's own `peipkg`, for which the root is `/`. */
  peipkg(args: string, environment?: Readonly<Record<string, string>>): Promise<Ended>
  /** As `peipkg`, and the exit code has to be 0; returns stdout. */
  ok(args: string): Promise<string>
  /** The revisions of what is installed: name → revision. */
  revisions(): Promise<Readonly<Record<string, string>>>
  remove(): void
}

export interface World {
  readonly directory: string
  /** Revision 1 is installed; revision 2 is published, known inside, and fetched. */
  readonly template: Machine
  /** Another machine like the template. */
  copy(): Machine
  close(): Promise<void>
}

/** `addon`: in the place of the checkout's. */
export async function makeWorld(addon?: string): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
  const repository = join(directory, 'repository')
  const server = await serveFiles(repository)
  const template = machineAt(join(directory, 'root'))
  let copies = 0
  const world: World = {
    directory,
    template,
    copy() {
      copies += 1
      return copyOf(template, join(directory, `copy-${copies}`))
    },
    async close() {
      await server.close()
      rmSync(directory, { recursive: true })
    },
  }
  try {
    await prepare(directory, template, server.url, addon)
  } catch (error) {
    await world.close()
    throw error
  }
  return world
}

async function prepare(directory: string, { root, ok }: Machine, url: string, addon?: string): Promise<void> {
  const out = (revision: number) => join(directory, `packages-${revision}`)
  const repository = join(directory, 'repository')
  const places = ['--in', repository, '--out', repository, ...signed()]
  await outside('peipkg-repo', ['init', '--name', 'self', '--out', repository, ...signed()])
  await buildRevision(out(1), 1, addon)
  await outside('peipkg-repo', ['publish', '--new', out(1), ...places])

  makeBase(root)
  const fingerprint = (await outside('peipkg-build', ['fingerprint', signingKey])).replaceAll(' ', '').trim()
  await outside('peipkg', ['repo', 'add', 'self', url, '--anchor', fingerprint, '--insecure', '--root', root])
  await outside('peipkg', ['install', 'runtime-libs', 'peipkg', '--yes', '--root', root])

  await buildRevision(out(2), 2, addon)
  await outside('peipkg-repo', ['publish', '--new', out(2), ...places])
  await ok('refresh')
  await ok('upgrade --download-only --yes')
}

/** What comes before packages: where the kernel and the C library look for libraries. */
function makeBase(root: string): void {
  mkdirSync(join(root, 'usr/lib', triplet), { recursive: true })
  for (const name of ['lib', 'lib64']) symlinkSync(`usr/lib/${triplet}`, join(root, name))
  symlinkSync(triplet, join(root, 'usr/lib', triplet.replace('peios', 'gnu')))
}

const signed = (): readonly string[] => {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  return ['--sign-key', signingKey, '--timestamp', now]
}

async function outside(program: ProgramName, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

function serveFiles(directory: string): Promise<TestServer> {
  return serve(({ url = '/' }, response) => {
    const path = join(directory, decodeURIComponent(url))
    const body = statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined
    response.writeHead(body === undefined ? 404 : 200).end(body)
  })
}

/** Without privileges, a namespace of one's own in which one has them. */
const chroot: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ['chroot'] : ['unshare', '--map-root-user', 'chroot']

/** Why no program can be run inside another root on this machine; undefined where it can. */
export function whyNoChroot(): string | undefined {
  const { error, status, stderr } = spawnSync(
    chroot[0],
    [...chroot.slice(1), '/', process.execPath, '--version'],
    {
      encoding: 'utf8',
    },
  )
  return error?.message ?? (status === 0 ? undefined : stderr)
}

function machineAt(root: string): Machine {
  const command: Machine['command'] = (args, program = 'peipkg') => [
    ...chroot,
    root,
    `/usr/bin/${program}`,
    ...args.split(' '),
  ]
  const peipkg: Machine['peipkg'] = (args, environment = {}) => {
    const [chroot, ...words] = command(args)
    return startCommand(chroot, words, { env: { PATH: process.env.PATH, ...environment } }).ended
  }
  const ok: Machine['ok'] = async (args) => {
    const { code, signal, stdout, stderr } = await peipkg(args)
    if (code !== 0) throw new Error(`peipkg ${args} ended with ${signal ?? code}:\n${stdout}${stderr}`)
    return stdout
  }
  return {
    root,
    command,
    peipkg,
    ok,
    async revisions() {
      const listed = JSON.parse(await ok('list --json')) as { name: string; version: string }[]
      return Object.fromEntries(listed.map(({ name, version }) => [name, version.replace(/.*-/, '')]))
    },
    remove: () => rmSync(root, { recursive: true }),
  }
}

const state = 'var/lib/peipkg'

/** Files are replaced, never written to: second names will do. What peipkg writes to is copied. */
function copyOf(template: Machine, root: string): Machine {
  execFileSync('cp', ['-al', template.root, root])
  const written = readdirSync(join(root, state)).filter((name) => /^(db\.|lock$)/.test(name))
  for (const path of [...written.map((name) => `${state}/${name}`), 'var/log/peipkg']) {
    rmSync(join(root, path), { recursive: true })
    cpSync(join(template.root, path), join(root, path), { recursive: true, preserveTimestamps: true })
  }
  return machineAt(root)
}

/** Every name below the root that a transaction chose for the time that it takes. */
export function strays({ root }: Machine): readonly string[] {
  return walk(root)
    .filter((path) => /\.peipkg-(staged|backup)/.test(path))
    .map((path) => relative(root, path))
}

function walk(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? [path, ...walk(path)] : [path]
  })
}
