/** The commands of `peipkg-repo`, each loaded when it is the one asked for. */
import type { Program } from '../command.ts'
import { runProgram } from '../program.ts'

export const program: Program = {
  name: 'peipkg-repo',
  summary: 'makes signed repositories: static files that any web server can offer.',
  exitWhenMissing: 1,
  grammar: {
    flags: ['help', 'rebuild', 'allow-unsigned', 'no-site', 'json', 'force', 're-anchor', 'dry-run'],
    values: [
      ...['name', 'description', 'timestamp', 'package-url-template', 'signature-format', 'mode'],
      ...['valid-until', 'older-than', 'listen'],
    ],
    paths: ['sign-key', 'out', 'in', 'new', 'all-packages-dir', 'repo', 'key', 'old', 'from', 'to'],
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
    promote: {
      summary: 'publishes packages of one repository in another',
      load: async () => (await import('./promote.ts')).PromoteCommand,
    },
    'prune-prerelease': {
      summary: 'takes old pre-releases out of the archive',
      load: async () => (await import('./prune-prerelease.ts')).PrunePrereleaseCommand,
    },
    'descriptor set': {
      summary: 'changes what a repository says of itself',
      load: async () => (await import('./descriptor-set.ts')).DescriptorSetCommand,
    },
    'keys list': {
      summary: 'shows the keys that a repository lists',
      load: async () => (await import('./keys-list.ts')).KeysListCommand,
    },
    'keys add': {
      summary: 'adds a key that consumers accept',
      load: async () => (await import('./keys-add.ts')).KeysAddCommand,
    },
    'keys rotate': {
      summary: 'replaces the signing key, within a window in which both are accepted',
      load: async () => (await import('./keys-rotate.ts')).KeysRotateCommand,
    },
    'keys revoke': {
      summary: 'revokes a key that somebody else may have',
      load: async () => (await import('./keys-revoke.ts')).KeysRevokeCommand,
    },
    'keys retire': {
      summary: 'lists a key no longer that nothing needs any more',
      load: async () => (await import('./keys-retire.ts')).KeysRetireCommand,
    },
    serve: {
      summary: 'serves a repository on this machine, for development',
      load: async () => (await import('./serve.ts')).ServeCommand,
    },
    verify: {
      summary: 'checks the documents of a repository and the bytes of its packages',
      load: async () => (await import('./verify.ts')).VerifyCommand,
    },
  },
}

export const run = (argv: readonly string[]): Promise<number> => runProgram(program, argv)
