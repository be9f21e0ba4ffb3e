// With 40,000 files installed: verifying them, and how quickly small commands answer.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAST } from '../workload/packages.mjs'
import { SET } from '../workload/parameters.mjs'
import { addon, program, runProgram } from '../workload/programs.mjs'
import { needsTmpfs, onTmpfs, rootOn } from './places.mjs'

/** Short commands are repeated more often: a millisecond counts. */
const REPEATED = 5

export const verifyInstalled = {
  id: 'verify-installed',
  title: `verify of the ${SET.files} installed files`,
  skip: needsTmpfs,
  limits: [{ on: 'wall', times: 0.8 }],
  contenders: (context) => [
    {
      label: 'peipkg verify',
      role: 'ours',
      prepare: async () => ({
        command: [program('peipkg'), 'verify', '--root', await installedRoot(context)],
      }),
    },
    { label: 'openssl dgst -sha256', role: 'reference', prepare: () => prepareDigests(context) },
  ],
}

/** One row for each command, measured in turn with bare Node. */
export const startRows = [
  start('start-version', '--version', 0.015, () => ['--version']),
  start('start-list', 'list', 0.025, (root) => ['list', '--root', root]),
  start('start-owns', 'owns', 0.025, (root) => ['owns', '--root', root, somePath(root)]),
]

function start(id, name, plus, words) {
  return {
    id,
    title: `peipkg ${name} with ${SET.files} files installed`,
    skip: needsTmpfs,
    repeated: REPEATED,
    limits: [{ on: 'cpu', plus }],
    contenders: (context) => [
      {
        label: `peipkg ${name}`,
        role: 'ours',
        prepare: async () => ({ command: [program('peipkg'), ...words(await installedRoot(context))] }),
      },
      {
        label: 'node -e 0',
        role: 'reference',
        prepare: async () => ({ command: [process.execPath, '-e', '0'] }),
      },
    ],
  }
}

async function prepareDigests(context) {
  const root = await installedRoot(context)
  const list = join(context.scratch, 'file-list')
  writeFileSync(list, regularFiles(root).join('\n'))
  // Room for 40,000 paths in the arguments of one process; -x makes it an error if they do not fit.
  const script = 'ulimit -s 65536; exec xargs -x -n 100000 -s 5000000 -a "$1" -d "\\n" openssl dgst -sha256'
  return { command: ['bash', '-c', script, 'digests', list], cwd: root }
}

let installed

/** A root in memory with the set installed; made once in a run. */
function installedRoot(context) {
  installed ??= rootOn(onTmpfs, context, async (root) => {
    await context.repositories.prepareRoot('set1', root)
    runProgram('peipkg', 'install', '--root', root, '--yes', '--no-sync', LAST)
  })
  return installed.then(({ root }) => root)
}

function regularFiles(root) {
  const system = new addon.System(root)
  const paths = system.listPackages().flatMap(({ name }) => system.ownedPaths(name))
  return paths.filter(({ kind }) => kind === 'file').map(({ path }) => path)
}

const somePath = (root) =>
  `/${new addon.System(root).ownedPaths(LAST).find(({ kind }) => kind === 'file').path}`
