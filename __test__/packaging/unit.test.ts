import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const unit = readFileSync(new URL('../../packaging/systemd/peipkg-manager.service', import.meta.url), 'utf8')

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
