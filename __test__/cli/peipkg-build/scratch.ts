/** A directory for recipes and packages, and `peipkg-build` running in it. What it leaves in its TMPDIR is seen. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, type Running, start } from '../../programs.ts'
import { identity } from '../../recipes.ts'

export interface Scratch {
  readonly directory: string
  readonly out: string
  readonly temporary: string
  start(args: readonly string[], environment?: Environment): Running
  run(args: readonly string[], environment?: Environment): Promise<Ended>
  /** As `run`, and the exit code has to be 0; returns stdout. */
  ok(args: readonly string[]): Promise<string>
  /** `build` of a recipe into `out`; returns the paths of the packages. */
  build(recipe: readonly string[], ...options: string[]): Promise<readonly string[]>
  path(name: string): string
  /** The names in the directory for temporary files, the output and this one: what should not be there is. */
  leftovers(): readonly string[]
  remove(): void
}

type Environment = Readonly<Record<string, string>>

export function scratch(): Scratch {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-build-test-'))
  const [out, temporary] = [join(directory, 'out'), join(directory, 'tmp')]
  mkdirSync(temporary)
  const startIn: Scratch['start'] = (args, environment = {}) =>
    start('peipkg-build', args, {
      cwd: directory,
      env: { PATH: process.env.PATH, TMPDIR: temporary, ...environment },
    })
  const ok: Scratch['ok'] = async (args) => {
    const { code, stdout, stderr } = await startIn(args).ended
    if (code !== 0) throw new Error(`peipkg-build ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
    return stdout
  }
  return {
    directory,
    out,
    temporary,
    start: startIn,
    run: (args, environment) => startIn(args, environment).ended,
    ok,
    async build(recipe, ...options) {
      const named = options.includes('--version') ? [] : identity('1-1')
      const text = await ok(['build', '--out', out, ...recipe, ...named, ...options])
      return text.trimEnd().split('\n')
    },
    path: (name) => join(directory, name),
    leftovers: () => [
      ...readdirSync(temporary),
      ...readdirSync(directory).filter((name) => name.startsWith('.')),
    ],
    remove: () => rmSync(directory, { recursive: true }),
  }
}
