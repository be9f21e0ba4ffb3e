/** The commands of `peipkg`, each loaded when it is the one asked for. */
import type { Program } from '../program.ts'

export const peipkg: Program = {
  name: 'peipkg',
  summary: 'installs, upgrades and removes signed packages, atomically.',
  exitWhenMissing: 2,
  grammar: {
    flags: ['help', 'json', 'match', 'stdin'],
    values: ['root'],
    optionalValues: ['wait'],
    short: { h: 'help', y: 'yes', n: 'limit', 0: 'null' },
  },
  commands: {
    vercmp: {
      summary: 'compares two versions, or a version and a constraint',
      load: async () => (await import('./vercmp.ts')).VercmpCommand,
    },
  },
}
