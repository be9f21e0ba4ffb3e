import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { program } from '../../ts/cli/peipkg-farm/program.ts'

const read = (name: string) => readFileSync(new URL(`../../packaging/${name}`, import.meta.url), 'utf8')
const unit = read('systemd/peipkg-manager.service')

/** Section → directive → value; each may stand there once. */
function parse(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const sections: Record<string, Record<string, string>> = {}
  let section: Record<string, string> = {}
  for (const line of text.split('\n').filter((found) => found !== '' && !found.startsWith('#'))) {
    const [, title] = /^\[(\w+)\]$/.exec(line) ?? []
    const [, key, value] = /^(\w+)=(.+)$/.exec(line) ?? []
    if (title !== undefined) {
      section = {}
      sections[title] = section
    } else if (key !== undefined && value !== undefined && section[key] === undefined) {
      section[key] = value
    } else {
      throw new Error(`not a line of a unit: ${line}`)
    }
  }
  return sections
}

it('drains on stop, reloads, and sees no more than it needs', () => {
  expect(parse(unit).Service).toMatchObject({
    ExecStart: '/usr/bin/peipkg-manager --config /etc/peipkg-manager/config.toml',
    ExecReload: '/bin/kill -HUP $MAINPID',
    KillMode: 'mixed',
    TimeoutStopSec: '2h 10min',
    Environment: 'RCLONE_CONFIG=/etc/peipkg-manager/rclone.conf',
    Restart: 'on-failure',
    RestartSec: '10s',
    NoNewPrivileges: 'yes',
    ProtectSystem: 'strict',
    ProtectHome: 'yes',
    PrivateTmp: 'yes',
    ReadWritePaths: '/var/lib/peipkg-manager',
  })
})

it('a worker is drained on stop, comes back, and may make the namespaces that its jobs need', () => {
  const { Service: service = {} } = parse(
    // Two variables, of which each is checked by itself.
    read('systemd/peipkg-farm-worker@.service').replace(/^EnvironmentFile=.*\n/m, ''),
  )
  expect(service).toMatchObject({
    ExecStart: '/usr/bin/peipkg-farm worker %i --name %H-%i --dir /var/lib/peipkg-farm-worker',
    Environment: 'PEIPKG_FARM_TOKEN_FILE=/etc/peipkg-farm/worker.token',
    StateDirectory: 'peipkg-farm-worker',
    KillMode: 'mixed',
    Restart: 'always',
    NoNewPrivileges: 'yes',
  })
  for (const forbidding of [
    'RestrictNamespaces',
    'PrivateUsers',
    'ProtectKernelTunables',
    'SystemCallFilter',
  ]) {
    expect(service).not.toHaveProperty(forbidding)
  }
})

it('the script of rc.d is one, and gives the worker options that it has', () => {
  const path = fileURLToPath(new URL('../../packaging/freebsd/rc.d/peipkg_farm_worker', import.meta.url))
  expect(spawnSync('sh', ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  const { values, paths } = program.grammar
  const given = [...read('freebsd/rc.d/peipkg_farm_worker').matchAll(/\s--([a-z-]+)/g)].map(
    ([, name]) => name,
  )
  expect(given).toEqual(['remote', 'token-file', 'dir'])
  for (const name of given) expect([...values, ...paths]).toContain(name)
})
