// What is proven on each Node.js. A proof throws, or returns what is worth telling.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { manifest } from '../packages.mjs'
import { root } from '../run.mjs'
import { toolsOf } from './parts.mjs'
import { emptyPrefix } from './prefix.mjs'

const { version: released, bin } = manifest()
const programs = Object.keys(bin)

/** What needs the addon, of every executable. */
const needy = [
  ['peipkg', ['list', '--root', '.']],
  ['peipkg-build', ['keygen', '--out', 'key.pem']],
  ['peipkg-farm', ['server', '--dir', 'farm', '--config-dir', '.']],
  ['peipkg-manager', ['--config', 'config.toml', '--once']],
  ['peipkg-repo', ['verify', '--repo', '.']],
]

const supported = /supported are linux-x64-gnu, linux-arm64-gnu, linux-x64-musl, linux-arm64-musl\n$/

/** Of one `npm install -g peipkg`, tarballs and metadata. */
const MOST_BYTES = 6e6

const prefixFor = ({ version, registry }) => emptyPrefix({ registry: registry.url, ...toolsOf(version) })

async function within(context, use) {
  const prefix = prefixFor(context)
  try {
    return await use(prefix)
  } finally {
    prefix.remove()
  }
}

export const proofs = {
  'npm install -g peipkg moves little, all executables run, uninstalling leaves nothing': (context) =>
    within(context, async (prefix) => {
      await context.registry.served()
      prefix.npm('install', '--global', 'peipkg')
      const served = Object.values(await context.registry.served())
      const bytes = served.reduce((sum, path) => sum + path.bytes, 0)
      assert(bytes <= MOST_BYTES, `${bytes} bytes were moved`)
      for (const program of programs) {
        assert.deepEqual(prefix.run(program, ['--version']), {
          code: 0,
          stdout: `${program} ${released}\n`,
          stderr: '',
        })
        const help = prefix.run(program, ['--help'])
        assert.equal(help.code, 0, help.stderr)
      }
      assert(existsSync(join(prefix.directory, 'share/man/man1/peipkg.1')))
      prefix.npm('uninstall', '--global', 'peipkg')
      assert.deepEqual(prefix.files(), [])
      return `${bytes} bytes in ${served.length} requests`
    }),

  'the demo, with the installed programs': (context) =>
    within(context, (prefix) => {
      prefix.npm('install', '--global', 'peipkg')
      // Beside its examples the demo looks for the programs.
      const demo = join(prefix.work, 'demo')
      mkdirSync(demo)
      cpSync(`${root}examples`, join(demo, 'examples'), { recursive: true })
      symlinkSync(join(prefix.directory, 'bin'), join(demo, 'bin'))
      const { code, stdout, stderr } = prefix.run('node', [join(demo, 'examples/demo.mjs')])
      assert.equal(code, 0, stdout.slice(-2000) + stderr)
      assert.match(stdout, /files left below root\/usr: 0\n/)
      // What Node.js itself would complain of; peipkg's own warnings belong to the demo.
      assert.doesNotMatch(stderr, /\(node:\d+\)|unrecognized/i)
    }),

  'the farm’s server wants its own package, and answers with it': (context) =>
    within(context, async (prefix) => {
      prefix.npm('install', '--global', 'peipkg')
      const alone = prefix.run('peipkg-farm', ['server'])
      assert.deepEqual(alone, {
        ...{ code: 1, stdout: '' },
        stderr: `peipkg-farm: what the server needs is not installed: run "npm install -g peipkg-farm-server@${released}"\n`,
      })
      prefix.npm('install', '--global', `peipkg-farm-server@${released}`)
      const warned = await serveOnce(prefix)
      const old = prefix.run('node', ['--version']).stdout.startsWith('v20.')
      assert.equal(/Node 22\.12 or later/.test(warned), old, warned)
      prefix.npm('uninstall', '--global', 'peipkg', 'peipkg-farm-server')
      assert.deepEqual(prefix.files(), [])
    }),

  'where there is no addon every executable says so in one line': (context) =>
    within(context, (prefix) => {
      // npm then takes none of the addons, for it believes to be on another processor.
      prefix.npm('install', '--global', '--cpu=riscv64', 'peipkg', 'peipkg-farm-server')
      assert.deepEqual(
        prefix.files().filter((file) => file.endsWith('.node')),
        [],
      )
      oneLineEach(
        prefix,
        /^the native addon for linux-[-\w]+ is missing: the package peipkg-linux-[-\w]+ is not installed/,
      )
      const other = join(prefix.work, 'other.cjs')
      writeFileSync(other, `Object.defineProperty(process, 'arch', { value: 'riscv64' })`)
      const environment = { NODE_OPTIONS: `--require=${other}` }
      oneLineEach(prefix, /^there is no native addon for linux-riscv64-\w+; /, environment)
    }),
}

function oneLineEach(prefix, begins, environment = {}) {
  for (const [program, args] of needy) {
    const { code, stdout, stderr } = prefix.run(program, args, environment)
    assert.deepEqual(
      { code, stdout, lines: stderr.split('\n').length - 1 },
      { code: 1, stdout: '', lines: 1 },
      stderr,
    )
    assert(stderr.startsWith(`${program}: `), stderr)
    assert.match(stderr.slice(program.length + 2), begins)
    assert.match(stderr, supported)
  }
}

/** Starts the server until /healthz answers; returns what it logged. */
async function serveOnce(prefix) {
  const log = join(prefix.work, 'log')
  const server = spawn(
    'sh',
    ['-c', 'exec peipkg-farm server --dir farm --config-dir . --listen 127.0.0.1:0 2>log'],
    { cwd: prefix.work, env: prefix.environment, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise((resolve) => server.on('close', resolve))
  try {
    let text = ''
    server.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    for (let tries = 0; !text.includes('\n') && server.exitCode === null && tries < 600; tries += 1)
      await sleep(100)
    const address = /listening at (\S+)/.exec(text)?.[1]
    assert(address !== undefined, text + readFileSync(log, 'utf8'))
    const { status } = await fetch(`http://${address.replace(/^http:\/\//, '')}/healthz`)
    assert.equal(status, 200)
  } finally {
    server.kill('SIGTERM')
  }
  assert.equal(await ended, 0, readFileSync(log, 'utf8'))
  return readFileSync(log, 'utf8')
}
