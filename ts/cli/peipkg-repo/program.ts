/** The commands of `peipkg-repo`, each loaded when it is the one asked for. */
import type { Program } from '../command.ts'
import { runProgram } from '../program.ts'

export const program: Program = {
  name: 'peipkg-repo',
  summary: 'makes signed repositories: static files that any web server can offer.',
  exitWhenMissing: 1,
  grammar: {
    flags: ['help', 'rebuild', 'allow-unsigned', 'no-site'],
    values: ['name', 'description', 'timestamp', 'package-url-template', 'signature-format', 'mode'],
    paths: ['sign-key', 'out', 'in', 'new', 'all-packages-dir', 'repo'],
    optionalValues: [],
    short: { h: 'help' },
  },
  commands: {
    init: {
      summary: 'makes an empty repository',
      load: async () => (await import('./init.ts')).InitCommand,
    },
    publish: {
      summary: 'adds packages to a repository, or signs it anew',
      load: async () => (await import('./publish.ts')).PublishCommand,
    },
    verify: {
      summary: 'checks the documents of a repository and the bytes of its packages',
      load: async () => (await import('./verify.ts')).VerifyCommand,
    },
  },
}

export const run = (argv: readonly string[]): Promise<number> => runProgram(program, argv)
