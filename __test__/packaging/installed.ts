/** The npm packages as their users get them: in an empty prefix, with nothing on PATH but Node, npm and a shell. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const project = fileURLToPath(new URL('../../', import.meta.url))
export const { version, napi } = JSON.parse(
  execFileSync('cat', [join(project, 'package.json')], { encoding: 'utf8' }),
) as { readonly version: string; readonly napi: { readonly targets: readonly string[] } }

/** Runs `tools/pack.mjs`; returns the names of what it made. */
export function pack(...args: readonly string[]): readonly string[] {
  execFileSync(process.execPath, [join(project, 'tools/pack.mjs'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return readdirSync(args[0] ?? '').sort()
}

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Prefix {
  readonly directory: string
  /** Every file below the prefix. */
  files(): readonly string[]
  run(command: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Ran
  /** Throws what npm says. */
  npm(...args: readonly string[]): void
  remove(): void
}

export function emptyPrefix(): Prefix {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-prefix-'))
  const at = (name: string) => join(scratch, name)
  for (const name of ['path', 'prefix', 'home', 'work']) mkdirSync(at(name))
  symlinkSync(process.execPath, at('path/node'))
  for (const name of ['npm', 'sh', 'env']) symlinkSync(realpathSync(which(name)), at(`path/${name}`))
  const env = {
    PATH: `${at('prefix/bin')}:${at('path')}`,
    HOME: at('home'),
    npm_config_prefix: at('prefix'),
    npm_config_update_notifier: 'false',
  }
  const run: Prefix['run'] = (command, args, environment = {}) => {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      cwd: at('work'),
      env: { ...env, ...environment },
      encoding: 'utf8',
    })
    if (error) throw error
    return { code: status, stdout, stderr }
  }
  return {
    directory: at('prefix'),
    files: () =>
      readdirSync(at('prefix'), { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name)),
    run,
    npm(...args) {
      const { code, stderr } = run('npm', args)
      if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}:\n${stderr}`)
    },
    remove: () => rmSync(scratch, { recursive: true }),
  }
}

function which(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
}
