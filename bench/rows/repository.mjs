// What the one who publishes waits for.
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { makeArchive, makePublished, newPackage, signingKey } from '../workload/archive.mjs'
import { ARCHIVE, PUBLISHED } from '../workload/parameters.mjs'
import { program, runProgram } from '../workload/programs.mjs'
import { needsTmpfs, onTmpfs } from './places.mjs'

const entries = ARCHIVE.names * ARCHIVE.versions
const publishing = ['publish', '--sign-key', signingKey, '--timestamp', '2026-05-02T12:00:00Z']

/** Of what one core of openssl does, what ours may take more. */
const SLOWER = 1.11

export const publishOne = {
  id: 'publish-one',
  title: `publish of one package into an archive of ${entries} entries, browse site included, tmpfs`,
  skip: needsTmpfs,
  limits: [{ on: 'cpu', seconds: 1 }],
  contenders: (context) => [
    { label: 'peipkg-repo publish', role: 'ours', prepare: () => preparePublish(context) },
    {
      label: 'node -e 0',
      role: 'reference',
      prepare: async () => ({ command: [process.execPath, '-e', '0'] }),
    },
  ],
}

export const verifyHashes = {
  id: 'verify-hashes',
  title: `verify --mode hashes of ${(PUBLISHED.files * PUBLISHED.bytes) / 1e9} GB, warm, tmpfs, beside openssl on one core`,
  skip: needsTmpfs,
  limits: [
    { on: 'cpu', times: SLOWER },
    { on: 'wall', times: 0.6 },
  ],
  contenders: (context) => [
    { label: 'peipkg-repo verify', role: 'ours', prepare: () => prepareVerify(context, false) },
    { label: 'openssl dgst -sha256', role: 'reference', prepare: () => prepareVerify(context, true) },
  ],
}

/** A repository with its site, as the publish before left it. */
async function preparePublish(context) {
  const { directory, close } = onTmpfs(context)
  const repository = join(directory, 'repository')
  const [none, fresh] = ['none', 'new'].map((name) => join(directory, name))
  for (const path of [none, fresh]) mkdirSync(path)
  makeArchive(repository)
  runProgram('peipkg-repo', ...publishing, '--in', repository, '--new', none, '--out', repository)
  cpSync(newPackage, join(fresh, 'hello.peipkg'))
  return {
    command: [program('peipkg-repo'), ...publishing, '--in', repository, '--new', fresh, '--out', repository],
    close,
  }
}

async function prepareVerify(context, byOpenssl) {
  const { directory, close } = onTmpfs(context)
  const paths = makePublished(directory)
  const ours = [program('peipkg-repo'), 'verify', '--mode', 'hashes', '--repo', directory]
  return { command: byOpenssl ? ['openssl', 'dgst', '-sha256', ...paths] : ours, close }
}
