/** A change that is killed in the middle, for pages that tell what happens then. */
import { spawn } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../programs.ts'

export interface Place {
  readonly directory: string
  readonly root: string
}

/** Whether what is to be interrupted has come far enough. */
type Watch = (root: string) => boolean

/** Installs of a large package are killed while they stage, upgrades once the first file is at its place. */
const watches: Readonly<Record<string, Watch>> = {
  install: (root) => readdirSync(join(root, 'usr/share')).some((entry) => entry.includes('.peipkg-staged-')),
  upgrade: (root) => readFileSync(join(root, 'usr/share/manual/page-0.txt'), 'utf8') !== 'page 0 of 6-1\n',
}

const copying = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const

/** Runs `peipkg VERB NAME` and kills it in the middle. */
export async function killChange(
  { directory, root }: Place,
  verb: string,
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const before = join(directory, 'before')
  cpSync(root, before, copying)
  const watch = watches[verb]
  if (watch === undefined) throw new Error(`"${verb}" cannot be killed in the middle`)
  for (;;) {
    await end(join(directory, 'bin', 'peipkg'), [verb, name, '--yes'], () => watch(root), env)
    const { stdout } = await run('peipkg', ['history', '-n', '1', '--json', '--root', root])
    const [{ state }] = JSON.parse(stdout)
    if (state !== 'committed' && watch(root)) break
    // On a busy machine everything may be over before we look: once more.
    rmSync(root, { recursive: true })
    cpSync(before, root, copying)
  }
  rmSync(before, { recursive: true })
}

function end(
  file: string,
  args: readonly string[],
  isTime: () => boolean,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(file, args, { env, stdio: 'ignore' })
  const looking = setInterval(() => {
    if (isTime()) child.kill('SIGKILL')
  }, 1)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      clearInterval(looking)
      resolve()
    })
  })
}
