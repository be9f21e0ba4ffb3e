/** The commands of `peipkg`, each loaded when it is the one asked for. */
import type { CommandEntry, Program } from '../definition.ts'
import { runProgram } from '../program.ts'

const remove: CommandEntry = {
  summary: 'removes packages',
  load: async () => (await import('./remove.ts')).RemoveCommand,
}

const program: Program = {
  name: 'peipkg',
  summary: 'installs, upgrades and removes signed packages, atomically.',
  exitWhenMissing: 2,
  grammar: {
    flags: [
      'allow-critical',
      'cascade',
      'dry-run',
      'explain',
      'help',
      'insecure',
      'json',
      'match',
      'no-sync',
      'null',
      'official',
      'overwrite-unowned',
      'packages',
      'quick',
      'stdin',
      'version',
      'yes',
    ],
    values: ['anchor', 'limit', 'min-index-version', 'package', 'policy', 'priority', 'progress'],
    paths: ['root'],
    optionalValues: ['wait'],
    short: { h: 'help', y: 'yes', n: 'limit', 0: 'null' },
  },
  commands: {
    install: {
      summary: 'installs packages and all that they need',
      load: async () => (await import('./install.ts')).InstallCommand,
    },
    upgrade: {
      summary: 'upgrades the named packages, or all',
      load: async () => (await import('./upgrade.ts')).UpgradeCommand,
    },
    remove,
    uninstall: { ...remove, hidden: true },
    refresh: {
      summary: 'fetches what repositories offer now',
      load: async () => (await import('./refresh.ts')).RefreshCommand,
    },
    'repo add': {
      summary: 'adds a repository and trusts its key',
      load: async () => (await import('./repo-add.ts')).RepoAddCommand,
    },
    'repo list': {
      summary: 'lists the configured repositories',
      load: async () => (await import('./repo-list.ts')).RepoListCommand,
    },
    'repo remove': {
      summary: 'forgets a repository; its packages stay installed',
      load: async () => (await import('./repo-remove.ts')).RepoRemoveCommand,
    },
    list: {
      summary: 'lists the installed packages',
      load: async () => (await import('./list.ts')).ListCommand,
    },
    info: {
      summary: 'shows one package, installed or in a file',
      load: async () => (await import('./info.ts')).InfoCommand,
    },
    files: {
      summary: 'lists the paths that a package owns',
      load: async () => (await import('./files.ts')).FilesCommand,
    },
    owns: {
      summary: 'says which packages own a path',
      load: async () => (await import('./owns.ts')).OwnsCommand,
    },
    search: {
      summary: 'searches names and descriptions of what repositories offer',
      load: async () => (await import('./search.ts')).SearchCommand,
    },
    verify: {
      summary: 'compares installed files with the database',
      load: async () => (await import('./verify.ts')).VerifyCommand,
    },
    history: {
      summary: 'lists transactions, or shows one',
      load: async () => (await import('./history.ts')).HistoryCommand,
    },
    recover: {
      summary: 'brings an interrupted transaction to rest',
      load: async () => (await import('./recover.ts')).RecoverCommand,
    },
    clean: {
      summary: 'empties caches of repositories that are gone',
      load: async () => (await import('./clean.ts')).CleanCommand,
    },
    vercmp: {
      summary: 'compares two versions, or a version and a constraint',
      load: async () => (await import('./vercmp.ts')).VercmpCommand,
    },
  },
}

export const run = (argv: readonly string[]): Promise<number> => runProgram(program, argv)
