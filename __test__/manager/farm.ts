/** A whole build farm in one directory: upstreams, recipes, a key, a configuration, and the programs that it runs. */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ended, type Running, start } from '../programs.ts'
import { signingKey } from '../recipes.ts'
import { createUpstream, type Upstream } from './upstream.ts'

export interface Farm {
  readonly directory: string
  readonly state: string
  readonly upstream: Upstream
  /** Writes a program that is found before the real one of that name. */
  program(name: string, script: string): void
  /** Writes recipes/<id>: copies the source; `upstream` and `watch` are lines of these sections. */
  recipe(id: string, options?: RecipeOptions): void
  configure(extra?: string): void
  start(args?: readonly string[], environment?: Readonly<Record<string, string>>): Running
  once(args?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>
  /** `name version` of every archived package, sorted. */
  archived(): readonly string[]
}

interface RecipeOptions {
  readonly packages?: readonly string[]
  readonly git?: string
  readonly pattern?: string
  readonly upstream?: string
  readonly watch?: string
  readonly script?: string
}

const bin = fileURLToPath(new URL('../../bin', import.meta.url))

/** With a recipe `hello` of an upstream that has the tags v1.0.0 (lightweight) and v1.1.0 (annotated). */
export function createFarm(directory: string): Farm {
  const upstream = createUpstream(join(directory, 'upstream'))
  upstream.import(history)
  const programs = join(directory, 'bin')
  for (const path of [programs, join(directory, 'recipes')]) mkdirSync(path)
  cpSync(signingKey, join(directory, 'key.pem'))
  chmodSync(join(directory, 'key.pem'), 0o600)
  const farm = assemble(directory, upstream, programs)
  farm.recipe('hello')
  farm.configure()
  return farm
}

const who = 'tester <tester@example.org> 1777636800 +0000'

/** For `git fast-import`: one call instead of many. */
const history = `commit refs/heads/main
mark :1
committer ${who}
data <<.
first
.
M 644 inline usr/share/hello/text
data <<.
one
.
reset refs/tags/v1.0.0
from :1

commit refs/heads/main
mark :2
committer ${who}
data <<.
second
.
M 644 inline usr/share/hello/text
data <<.
two
.
tag v1.1.0
from :2
tagger ${who}
data <<.
release
.
`

function assemble(directory: string, upstream: Upstream, programs: string): Farm {
  const state = join(directory, 'state')
  const start_ = (args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) =>
    start('peipkg-manager', ['--config', join(directory, 'config.toml'), ...args], {
      cwd: directory,
      env: {
        ...process.env,
        PATH: [programs, bin, process.env.PATH].join(delimiter),
        GIT_CONFIG_GLOBAL: '/dev/null',
        RCLONE_CONFIG: join(directory, 'rclone.conf'),
        ...environment,
      },
    })
  return {
    directory,
    state,
    upstream,
    program(name, script) {
      writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    },
    recipe: (id, options = {}) => writeRecipe(join(directory, 'recipes', id), id, upstream, options),
    configure: (extra = '') => writeFileSync(join(directory, 'config.toml'), configuration(directory, extra)),
    start: start_,
    once: (args = [], environment = {}) => start_(['--once', ...args], environment).ended,
    archived() {
      const path = join(state, 'repo', 'index', 'archive.json')
      if (!existsSync(path)) return []
      const { packages } = JSON.parse(readFileSync(path, 'utf8')) as {
        packages: { name: string; version: string }[]
      }
      return packages.map(({ name, version }) => `${name} ${version}`).sort()
    },
  }
}

function configuration(directory: string, extra: string): string {
  return `[manager]
id = "test-farm"
recipes_dir = "${directory}/recipes"
state_dir = "${directory}/state"
[repo]
name = "test"
[signing]
key_file = "${directory}/key.pem"
[poll]
default_interval = "1h"
${extra}
`
}

function writeRecipe(path: string, id: string, upstream: Upstream, options: RecipeOptions): void {
  const { packages = [id], git = upstream.path, pattern = '^v(.+)$' } = options
  const stanza = (name: string) =>
    `[[package]]\nname = "${name}"\narchitecture = "noarch"\nfiles = ["usr/share/${name}/**"]\n`
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  writeFileSync(
    join(path, 'peipkg.toml'),
    `[meta]\nlicense = "MIT"\nbuild_script = "build.sh"\n${packages.map(stanza).join('')}
[upstream]\ngit = "${git}"\ntag_pattern = '${pattern}'\n${options.upstream ?? ''}
[watch]\n${options.watch ?? ''}\n`,
  )
  const copies = packages.map(
    (name) => `mkdir -p "$DESTDIR/usr/share/${name}"
cp -R "$SOURCE_DIR/usr/share/hello/." "$DESTDIR/usr/share/${name}/"`,
  )
  writeFileSync(join(path, 'build.sh'), `set -eu\n${options.script ?? ''}\n${copies.join('\n')}\n`)
}
