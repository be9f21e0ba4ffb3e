// An empty npm prefix, and a PATH that has nothing but one Node, one npm and what every system has: no compiler, no checkout.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const basics = [
  ...[
    'sh',
    'env',
    'cat',
    'chmod',
    'cp',
    'cut',
    'dirname',
    'basename',
    'find',
    'grep',
    'head',
    'id',
    'install',
    'ln',
  ],
  ...['ls', 'mkdir', 'mktemp', 'mv', 'readlink', 'rm', 'sed', 'sort', 'stat', 'tail', 'touch', 'tr', 'uname'],
]

/** `registry`: its URL. `node`, `npm`: executables; by default those of this process. */
export function emptyPrefix({ registry, node = process.execPath, npm = which('npm') } = {}) {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-prefix-'))
  const at = (name) => join(scratch, name)
  for (const name of ['path', 'prefix', 'home', 'work']) mkdirSync(at(name))
  symlinkSync(node, at('path/node'))
  symlinkSync(realpathSync(npm), at('path/npm'))
  for (const name of basics) symlinkSync(realpathSync(which(name)), at(`path/${name}`))
  const environment = {
    PATH: `${at('prefix/bin')}:${at('path')}`,
    HOME: at('home'),
    npm_config_prefix: at('prefix'),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    ...(registry === undefined ? {} : { npm_config_registry: registry }),
  }
  return {
    directory: at('prefix'),
    work: at('work'),
    environment,
    files: () => filesBelow(at('prefix')),
    run: (command, args, more = {}) =>
      run(command, args, { cwd: at('work'), env: { ...environment, ...more } }),
    npm(...args) {
      const { code, stderr } = this.run('npm', args)
      if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}:\n${stderr}`)
    },
    remove: () => rmSync(scratch, { recursive: true }),
  }
}

function run(command, args, options) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' })
  if (error) throw error
  return { code: status, stdout, stderr }
}

const filesBelow = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))

function which(name) {
  return execFileSync('sh', ['-c', `command -v "$0"`, name], { encoding: 'utf8' }).trim()
}
