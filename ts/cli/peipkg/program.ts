/** The commands of `peipkg`, each loaded when it is the one asked for. */
import type { CommandEntry, Program } from '../command.ts'
import { runProgram } from '../program.ts'

const remove: CommandEntry = {
  summary: 'removes packages',
  load: async () => (await import('./remove.ts')).RemoveCommand,
}

export const program: Program = {
  name: 'peipkg',
  summary: 'installs, upgrades and removes signed packages, atomically.',
  exitWhenMissing: 2,
  grammar: {
    flags: [
      'accept',
      'allow-critical',
      'as-dependency',
      'autoremove',
      'available',
      'backups',
      'cascade',
      'download-only',
      'dry-run',
      'explain',
      'explicit',
      'help',
      'import',
      'insecure',
      'json',
      'locked',
      'match',
      'no-sync',
      'null',
      'official',
      'orphaned',
      'overwrite-unowned',
      'packages',
      'quick',
      'rebuild',
      'reinstall',
      'repair',
      'report',
      'rollback',
      'skip-broken',
      'stdin',
      'tree',
      'upgradable',
      'version',
      'yes',
    ],
    values: [
      'anchor',
      'clock',
      'from',
      'limit',
      'min-index-version',
      'package',
      'policy',
      'priority',
      'progress',
    ],
    paths: ['root'],
    optionalValues: ['wait'],
    short: { h: 'help', y: 'yes', n: 'limit', 0: 'null' },
    dashed: { command: 'do', except: ['-y'] },
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
    downgrade: {
      summary: 'moves a package back to an older version',
      load: async () => (await import('./downgrade.ts')).DowngradeCommand,
    },
    reinstall: {
      summary: 'puts packages in place again, replacing what differs on disk',
      load: async () => (await import('./reinstall.ts')).ReinstallCommand,
    },
    uninstall: { ...remove, hidden: true },
    undo: {
      summary: 'undoes the newest transaction, or an older one',
      load: async () => (await import('./undo.ts')).UndoCommand,
    },
    redo: {
      summary: 'does again what was undone',
      load: async () => (await import('./redo.ts')).RedoCommand,
    },
    rollback: {
      summary: 'goes back to the state after a transaction',
      load: async () => (await import('./rollback.ts')).RollbackCommand,
    },
    do: {
      summary: 'several changes in one transaction',
      load: async () => (await import('./do.ts')).DoCommand,
    },
    autoremove: {
      summary: 'removes dependencies that nobody needs any more',
      load: async () => (await import('./autoremove.ts')).AutoremoveCommand,
    },
    hold: {
      summary: 'keeps upgrades away from packages',
      load: async () => (await import('./hold.ts')).HoldCommand,
    },
    unhold: {
      summary: 'lets upgrades move held packages again',
      load: async () => (await import('./unhold.ts')).UnholdCommand,
    },
    mark: {
      summary: 'records why packages are installed',
      load: async () => (await import('./mark.ts')).MarkCommand,
    },
    export: {
      summary: 'writes the packages that were asked for as a file',
      load: async () => (await import('./export.ts')).ExportCommand,
    },
    apply: {
      summary: 'makes the system match such a file',
      load: async () => (await import('./apply.ts')).ApplyCommand,
    },
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
    why: {
      summary: 'says what keeps an installed package',
      load: async () => (await import('./why.ts')).WhyCommand,
    },
    'why-not': {
      summary: 'says what prevents an install or an upgrade',
      load: async () => (await import('./why-not.ts')).WhyNotCommand,
    },
    depends: {
      summary: 'lists what a package needs',
      load: async () => (await import('./depends.ts')).DependsCommand,
    },
    rdepends: {
      summary: 'lists what needs a package',
      load: async () => (await import('./rdepends.ts')).RdependsCommand,
    },
    diff: {
      summary: 'says what an upgrade changes: files, sizes, relations',
      load: async () => (await import('./diff.ts')).DiffCommand,
    },
    'config pending': {
      summary: 'lists configuration files that wait to be merged',
      load: async () => (await import('./config-pending.ts')).ConfigPendingCommand,
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
    completion: {
      summary: 'prints the script that makes a shell complete command lines',
      load: async () => (await import('./completion.ts')).CompletionCommand,
    },
    complete: {
      summary: 'lists what may stand at the end of a command line',
      load: async () => (await import('./complete.ts')).CompleteCommand,
      hidden: true,
    },
    doctor: {
      summary: 'says what is wrong with the system and what to do',
      load: async () => (await import('./doctor.ts')).DoctorCommand,
    },
    'audit show': {
      summary: 'shows what was done, by whom, and what was refused',
      load: async () => (await import('./audit-show.ts')).AuditShowCommand,
    },
    'audit verify': {
      summary: 'checks that the audit log is as it was written',
      load: async () => (await import('./audit-verify.ts')).AuditVerifyCommand,
    },
    vercmp: {
      summary: 'compares two versions, or a version and a constraint',
      load: async () => (await import('./vercmp.ts')).VercmpCommand,
    },
  },
}

export const run = (argv: readonly string[]): Promise<number> => runProgram(program, argv)
