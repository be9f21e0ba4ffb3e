/** The commands of `peipkg-build`, each loaded when it is the one asked for. */
import type { Program } from '../command.ts'
import { runProgram } from '../program.ts'

export const program: Program = {
  name: 'peipkg-build',
  summary: 'builds signed packages from recipes, the same bytes every time.',
  exitWhenMissing: 1,
  grammar: {
    flags: ['help', 'json', 'files', 'verify', 'keep', 'ignore-compression'],
    values: [
      'version',
      'source-ref',
      'farm-id',
      'timestamp',
      'build-env',
      'binary-sign-key',
      'level',
      'threads',
      'timeout',
    ],
    paths: ['recipe', 'source', 'out', 'sign-key', 'manifest', 'staged', 'key', 'in'],
    optionalValues: [],
    short: { h: 'help' },
  },
  commands: {
    build: {
      summary: 'runs a recipe and writes one package per [[package]]',
      load: async () => (await import('./build.ts')).BuildCommand,
    },
    pack: {
      summary: 'writes one package from a manifest and a staged directory',
      load: async () => (await import('./pack.ts')).PackCommand,
    },
    init: {
      summary: 'writes a recipe to start from',
      load: async () => (await import('./init.ts')).InitCommand,
    },
    lint: {
      summary: 'checks a recipe without building it',
      load: async () => (await import('./lint.ts')).LintCommand,
    },
    inspect: {
      summary: 'verifies a package file and shows what is in it',
      load: async () => (await import('./inspect.ts')).InspectCommand,
    },
    diff: {
      summary: 'says why two packages differ',
      load: async () => (await import('./diff.ts')).DiffCommand,
    },
    reproduce: {
      summary: 'builds a package again and compares, byte for byte',
      load: async () => (await import('./reproduce.ts')).ReproduceCommand,
    },
    sign: {
      summary: 'adds a signature to an unsigned package',
      load: async () => (await import('./sign.ts')).SignCommand,
    },
    'binary-sign': {
      summary: 'puts a signature into an ELF file',
      load: async () => (await import('./binary-sign.ts')).BinarySignCommand,
    },
    keygen: {
      summary: 'makes a private key for signing and prints its fingerprint',
      load: async () => (await import('./keygen.ts')).KeygenCommand,
    },
    'public-key': {
      summary: 'writes the public half of a private key',
      load: async () => (await import('./public-key.ts')).PublicKeyCommand,
    },
    fingerprint: {
      summary: 'prints the fingerprint of a key file, private or public',
      load: async () => (await import('./fingerprint.ts')).FingerprintCommand,
    },
  },
}

export const run = (argv: readonly string[]): Promise<number> => runProgram(program, argv)
