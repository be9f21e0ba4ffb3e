/** The commands of `peipkg-farm`, each loaded when it is the one asked for: a worker never loads what the server needs. */
import { parseArgv } from '../argv.ts'
import type { Program } from '../command.ts'
import { runProgram } from '../program.ts'

export const program: Program = {
  name: 'peipkg-farm',
  summary: 'gives jobs to any number of machines, and keeps what they make.',
  exitWhenMissing: 2,
  grammar: {
    flags: [
      ...['help', 'json', 'once', 'no-run-now', 'network', 'no-network', 'wait', 'console', 'script'],
      ...['submodules', 'no-publish'],
    ],
    values: [
      ...['remote', 'name', 'label', 'sandbox', 'architecture', 'memory', 'processes', 'cpu-time'],
      ...['period', 'cron', 'timeout', 'silence', 'priority', 'file', 'env', 'require', 'param'],
      ...['platform', 'job', 'limit', 'scope', 'listen', 'database', 'upload', 'log-level'],
      ...['version', 'source', 'source-ref', 'commit', 'farm-id', 'timestamp', 'build-env', 'needs'],
    ],
    paths: ['token-file', 'dir', 'config-dir', 'output', 'script-file'],
    optionalValues: [],
    short: { h: 'help', r: 'remote' },
  },
  commands: {
    server: {
      summary: 'runs the farm: queue, schedule, artifacts, API and page',
      load: async () => (await import('./server.ts')).ServerCommand,
    },
    worker: {
      summary: 'takes jobs from a farm and runs them, one at a time',
      load: async () => (await import('./worker.ts')).WorkerCommand,
    },
    info: {
      summary: 'shows schedule, queues, running jobs and workers',
      load: async () => (await import('./info.ts')).InfoCommand,
    },
    schedule: {
      summary: 'adds a job that is a script for one platform',
      load: async () => (await import('./schedule.ts')).ScheduleCommand,
    },
    'schedule-template': {
      summary: 'adds a job that is made of a template of the server, for every platform that has it',
      load: async () => (await import('./schedule-template.ts')).ScheduleTemplateCommand,
    },
    'schedule-recipe': {
      summary: 'adds a job that builds packages from a recipe',
      load: async () => (await import('./schedule-recipe.ts')).ScheduleRecipeCommand,
    },
    'schedule-rebuild': {
      summary: 'adds a job that builds a published package again and compares',
      load: async () => (await import('./schedule-rebuild.ts')).ScheduleRebuildCommand,
    },
    modify: {
      summary: 'changes a job',
      load: async () => (await import('./modify.ts')).ModifyCommand,
    },
    reschedule: {
      summary: 'sets when a job runs next',
      load: async () => (await import('./reschedule.ts')).RescheduleCommand,
    },
    unschedule: {
      summary: 'removes a job, also from the queues',
      load: async () => (await import('./unschedule.ts')).UnscheduleCommand,
    },
    execute: {
      summary: 'runs a job now, before what waits',
      load: async () => (await import('./execute.ts')).ExecuteCommand,
    },
    cancel: {
      summary: 'ends an execution, queued or running',
      load: async () => (await import('./cancel.ts')).CancelCommand,
    },
    retry: {
      summary: 'runs an execution again, as it was',
      load: async () => (await import('./retry.ts')).RetryCommand,
    },
    observe: {
      summary: 'shows the log of an execution from its start, live, to its end',
      load: async () => (await import('./observe.ts')).ObserveCommand,
    },
    'observe-latest': {
      summary: 'observes the newest running execution',
      load: async () => (await import('./observe-latest.ts')).ObserveLatestCommand,
    },
    log: {
      summary: 'prints the log of an execution, as far as it is there',
      load: async () => (await import('./log.ts')).LogCommand,
    },
    artifacts: {
      summary: 'lists the artifacts of an execution, or fetches and verifies them',
      load: async () => (await import('./artifacts.ts')).ArtifactsCommand,
    },
    inspect: {
      summary: 'shows all about an execution, from the server or from a record',
      load: async () => (await import('./inspect.ts')).InspectCommand,
    },
    export: {
      summary: 'writes a record of an execution into one file',
      load: async () => (await import('./export.ts')).ExportCommand,
    },
    history: {
      summary: 'lists executions that have ended, the newest first',
      load: async () => (await import('./history.ts')).HistoryCommand,
    },
    workers: {
      summary: 'lists the workers',
      load: async () => (await import('./workers.ts')).WorkersCommand,
    },
    drain: {
      summary: 'has a worker finish what it runs and take nothing more',
      load: async () => (await import('./drain.ts')).DrainCommand,
    },
    undrain: {
      summary: 'lets a drained worker take jobs again',
      load: async () => (await import('./undrain.ts')).UndrainCommand,
    },
    'drop-platform': {
      summary: 'takes a platform out of service, with its queue and its script jobs',
      load: async () => (await import('./drop-platform.ts')).DropPlatformCommand,
    },
    'undrop-platform': {
      summary: 'lets a dropped platform have jobs again',
      load: async () => (await import('./undrop-platform.ts')).UndropPlatformCommand,
    },
    'token create': {
      summary: 'makes a token and prints it, once',
      load: async () => (await import('./token-create.ts')).TokenCreateCommand,
    },
    'token list': {
      summary: 'lists the tokens by their names',
      load: async () => (await import('./token-list.ts')).TokenListCommand,
    },
    'token revoke': {
      summary: 'ends a token, at once',
      load: async () => (await import('./token-revoke.ts')).TokenRevokeCommand,
    },
  },
}

/** `inspect --job` prints the job; to the other commands `--job` names one. */
const ofInspect: Program = {
  ...program,
  grammar: {
    ...program.grammar,
    flags: [...program.grammar.flags, 'job'],
    values: program.grammar.values.filter((name) => name !== 'job'),
  },
}

export function run(argv: readonly string[]): Promise<number> {
  return runProgram(isInspect(argv) ? ofInspect : program, argv)
}

function isInspect(argv: readonly string[]): boolean {
  try {
    return parseArgv(argv, ofInspect.grammar).words[0] === 'inspect'
  } catch {
    return false
  }
}
