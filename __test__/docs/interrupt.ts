/** An install that is killed in the middle, for pages that tell what happens then. */
import { spawn } from 'node:child_process'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface Place {
  readonly directory: string
  readonly root: string
}

/** Installs the package `name`, which has to be large, and kills that once something is staged. */
export async function killInstall(
  { directory, root }: Place,
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const before = join(directory, 'before')
  const options = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const
  cpSync(root, before, options)
  const parent = join(root, 'usr/share')
  const staged = () => readdirSync(parent).some((entry) => entry.includes('.peipkg-staged-'))
  for (;;) {
    await install()
    if (staged()) return
    // On a busy machine everything may be over before we look: once more.
    rmSync(root, { recursive: true })
    cpSync(before, root, options)
  }

  function install(): Promise<void> {
    const child = spawn(join(directory, 'bin', 'peipkg'), ['install', name, '--yes'], {
      env,
      stdio: 'ignore',
    })
    const watch = setInterval(() => {
      if (staged()) child.kill('SIGKILL')
    }, 1)
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => {
        clearInterval(watch)
        resolve()
      })
    })
  }
}
