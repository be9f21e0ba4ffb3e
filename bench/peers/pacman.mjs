// pacman, where it is installed: the same files in packages of its own format.
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GENERATION, SET } from '../workload/parameters.mjs'
import { hasCommand } from './has-command.mjs'

const run = promisify(execFile)

const CONFIGURATION = '[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n'

export function pacmanInstall(context, { open, synced }) {
  if (!hasCommand('pacman') || process.getuid() !== 0) return []
  const prepare = async () => {
    const packages = await archives(context)
    const place = open(context)
    const root = join(place.directory, 'root')
    mkdirSync(join(root, 'var/lib/pacman'), { recursive: true })
    const configuration = join(place.directory, 'pacman.conf')
    writeFileSync(configuration, CONFIGURATION)
    const options = ['--root', root, '--config', configuration, '--noconfirm', '-U']
    const sync = synced ? ' && sync -f "$root"' : ''
    const script = `root=$1; cd "$2" && shift 2 && pacman "$@" *.pkg.tar.zst${sync}`
    return { command: ['bash', '-c', script, 'pacman', root, packages, ...options], close: place.close }
  }
  return [{ label: synced ? 'pacman -U, sync -f' : 'pacman -U', role: 'peer', prepare }]
}

function archives({ cache, packages }) {
  return cache.step('set-1-pacman', { GENERATION, ...SET }, (made) =>
    packages.eachStaged(1, made, async (one, staged) => {
      writeFileSync(join(staged, '.PKGINFO'), information(one))
      const out = join(made, `${one.name}-1.0-1-any.pkg.tar.zst`)
      const script =
        'set -o pipefail; tar -cC "$1" --owner=0 --group=0 .PKGINFO $(ls "$1") | zstd -9 -qo "$2"'
      await run('bash', ['-c', script, 'pack', staged, out])
    }),
  )
}

function information({ name, dependencies, files }) {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  const fixed = `pkgname = ${name}\npkgbase = ${name}\npkgver = 1.0-1\npkgdesc = part of a benchmark\narch = any\n`
  return `${fixed}size = ${size}\n${dependencies.map((one) => `depend = ${one}\n`).join('')}`
}
