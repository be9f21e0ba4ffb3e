// dpkg, where it is installed: the same files in packages of its own format.
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GENERATION, SET } from '../workload/parameters.mjs'
import { hasCommand } from './has-command.mjs'

const run = promisify(execFile)

/** It works as root only: packages' owners are set. */
export function dpkgInstall(context, { open, synced }) {
  if (!hasCommand('dpkg') || !hasCommand('dpkg-deb') || process.getuid() !== 0) return []
  const prepare = async () => {
    const packages = await debs(context)
    const place = open(context)
    const root = join(place.directory, 'root')
    for (const directory of ['info', 'updates'])
      mkdirSync(join(root, 'var/lib/dpkg', directory), { recursive: true })
    for (const file of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', file), '')
    const safety = synced ? [] : ['--force-unsafe-io']
    const script = 'cd "$1" && shift && exec dpkg "$@" *.deb'
    const options = [`--root=${root}`, `--log=${root}/dpkg.log`, ...safety, '--install']
    return { command: ['bash', '-c', script, 'dpkg', packages, ...options], close: place.close }
  }
  return [{ label: synced ? 'dpkg --install' : 'dpkg --force-unsafe-io --install', role: 'peer', prepare }]
}

function debs({ cache, packages }) {
  return cache.step('set-1-deb', { GENERATION, ...SET }, async (made) => {
    await packages.eachStaged(1, made, async (one, staged) => {
      mkdirSync(join(staged, 'DEBIAN'))
      writeFileSync(join(staged, 'DEBIAN', 'control'), control(one))
      const options = ['--root-owner-group', '-Zzstd', '-z9', '--threads-max=1']
      await run('dpkg-deb', [...options, '--build', staged, join(made, `${one.name}.deb`)])
    })
    if (readdirSync(made).length === 0) throw new Error('no packages')
  })
}

function control({ name, dependencies }) {
  const depends = dependencies.length === 0 ? '' : `Depends: ${dependencies.join(', ')}\n`
  const fixed = 'Version: 1.0-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\n'
  return `Package: ${name}\n${fixed}${depends}Description: part of a benchmark\n`
}
