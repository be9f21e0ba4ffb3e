/** Attacks on the files of this machine: configuration, cache, credentials. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { World } from '../world.ts'
import { type Attack, installing, next } from './attack.ts'

const conf = (world: World, name: string): string => join(world.root, 'conf/peipkg', name)

export const machineAttacks: readonly Attack[] = [
  {
    name: 'a configuration that is a link',
    prepare: (world) => {
      renameSync(conf(world, 'victim.repo'), join(world.root, 'elsewhere'))
      symlinkSync('../../elsewhere', conf(world, 'victim.repo'))
    },
    ends: /^PEI_CONFIG_INVALID \/conf\/peipkg\/victim.repo/,
  },
  {
    name: 'an enormous configuration',
    prepare: (world) => writeFileSync(conf(world, 'victim.repo'), Buffer.alloc(64 * 1024 * 1024, '#')),
    ends: /^PEI_CONFIG_INVALID .*larger than/,
  },
  {
    name: 'a configuration that is a pipe',
    prepare: (world) => {
      unlinkSync(conf(world, 'victim.repo'))
      execFileSync('mkfifo', [conf(world, 'victim.repo')])
    },
    ends: /^PEI_CONFIG_INVALID /,
  },
  {
    name: 'a configuration that is a directory',
    prepare: (world) => {
      unlinkSync(conf(world, 'victim.repo'))
      mkdirSync(conf(world, 'victim.repo'))
    },
    ends: /^PEI_CONFIG_INVALID /,
  },
  {
    name: 'a configuration with bytes that are no UTF-8',
    prepare: (world) => writeFileSync(conf(world, 'victim.repo'), Buffer.of(0xff, 0xfe)),
    ends: /^PEI_CONFIG_INVALID .*UTF-8/,
  },
  {
    name: 'a password that others may read',
    prepare: (world) => {
      writeFileSync(conf(world, 'netrc'), 'machine 127.0.0.1 login a password b', { mode: 0o644 })
      world.configure({ credentialsFile: 'netrc' })
    },
    ends: /^PEI_CONFIG_INVALID .*may be read by others \(mode 644\)/,
  },
  {
    name: 'a password file that is a link',
    prepare: (world) => {
      writeFileSync(join(world.root, 'netrc'), 'machine 127.0.0.1 login a password b', { mode: 0o600 })
      symlinkSync('../../netrc', conf(world, 'netrc'))
      world.configure({ credentialsFile: 'netrc' })
    },
    ends: /^PEI_/,
  },
  {
    name: 'a password for everybody',
    prepare: (world) => {
      writeFileSync(conf(world, 'netrc'), 'default login a password b', { mode: 0o600 })
      world.configure({ credentialsFile: 'netrc' })
    },
    ends: /^PEI_CONFIG_INVALID .*default entry/,
  },
  {
    name: 'a cached index that was altered, and an installation from it',
    prepare: (world) => {
      for (const file of cached(world, '.json')) writeFileSync(file, '{}')
    },
    act: installing,
    ends: /^PEI_RESOLVE_|unauthorised/,
  },
  {
    name: 'a cached signature that was altered, and an installation from it',
    prepare: (world) => {
      for (const file of cached(world, '.sig')) writeFileSync(file, 'x')
    },
    act: installing,
    ends: /^PEI_RESOLVE_|unauthorised/,
  },
  {
    name: 'a cache that is a link to elsewhere',
    prepare: (world) => {
      const directory = join(world.root, 'var/lib/peipkg/cache/repositories/victim')
      const elsewhere = join(world.root, 'elsewhere')
      renameSync(directory, elsewhere)
      symlinkSync(elsewhere, directory)
      world.publish(next(world))
    },
    ends: /^PEI_/,
  },
  {
    name: 'a download whose name in the cache is a link to elsewhere',
    prepare: (world) => {
      const packages = join(world.root, 'var/lib/peipkg/cache/packages')
      mkdirSync(packages, { recursive: true })
      const [built] = world.publication.packages
      const { value } = (built as (typeof world.publication.packages)[number]).entry.hash as { value: string }
      writeFileSync(join(world.root, 'conf/untouched'), 'mine')
      symlinkSync('../../../../../conf/untouched', join(packages, `${value}.part`))
      world.victim.files.set('p/app_1-1_noarch.peipkg', Buffer.from('theirs'))
    },
    act: installing,
    ends: /^PEI_DOWNLOAD_SIZE /,
  },
  {
    name: 'a validator that would add a header',
    prepare: (world) => {
      for (const file of cached(world, '.http')) {
        writeFileSync(file, `${world.victim.url}/index/active.json\n"x"\r\nauthorization: y\n\n`)
      }
    },
    mayAdopt: true,
    ends: /^already-current$/,
  },
  {
    name: 'validators of another document',
    prepare: (world) => {
      for (const file of cached(world, '.http')) writeFileSync(file, `https://elsewhere.example/\n"x"\n\n`)
    },
    mayAdopt: true,
    ends: /^already-current$/,
  },
]

/** Cached files of the victim. */
function cached(world: World, ending: string): readonly string[] {
  const directory = join(world.root, 'var/lib/peipkg/cache/repositories/victim')
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(directory, name))
}
