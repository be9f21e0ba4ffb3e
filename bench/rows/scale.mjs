// Sixty thousand packages on offer, two thousand installed, two hundred thousand files owned.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OWNED, UNIVERSE } from '../workload/parameters.mjs'
import { program, runProgram } from '../workload/programs.mjs'
import { needsTmpfs, onTmpfs, rootOn } from './places.mjs'

const SERVER = fileURLToPath(new URL('../workload/serve.mjs', import.meta.url))
/** Short commands are repeated more often: a millisecond counts. */
const REPEATED = 3

const [small, large] = UNIVERSE.closures

const bareNode = {
  label: 'node -e 0',
  role: 'reference',
  prepare: async () => ({ command: [process.execPath, '-e', '0'] }),
}

const refresh = {
  id: 'refresh',
  title: `refresh of a repository of ${UNIVERSE.packages} packages over HTTP on loopback`,
  skip: needsTmpfs,
  limits: [
    { on: 'cpu', seconds: 0.6 },
    { on: 'peak', most: 250e6 },
  ],
  contenders: (context) => [
    { label: 'peipkg refresh', role: 'ours', prepare: () => prepareRefresh(context) },
    bareNode,
  ],
}

const upgradeSmall = {
  id: 'upgrade-small',
  title: `upgrade of one small package beside ${OWNED.files} owned files, tmpfs, --no-sync`,
  skip: needsTmpfs,
  repeated: REPEATED,
  limits: [{ on: 'cpu', plus: 0.1 }],
  contenders: (context) => [
    { label: 'peipkg upgrade', role: 'ours', prepare: () => prepareSmallUpgrade(context) },
    bareNode,
  ],
}

export const scaleRows = [
  refresh,
  query('plan', `plan of ${small} packages out of ${UNIVERSE.packages}`, { seconds: 0.2 }, [
    ...['install', '--dry-run', `closure-${small}`],
  ]),
  query('search', `search in ${UNIVERSE.packages} packages`, { plus: 0.06 }, ['search', 'game and kernel']),
  query('search-common', 'the same for a word that a quarter of them have', undefined, ['search', 'kernel']),
  query('info', 'info of a package on offer', { plus: 0.03 }, ['info', '--available', 'libc']),
  query('rdepends', 'what needs one that nine of ten packages on offer need', { on: 'peak', most: 300e6 }, [
    ...['rdepends', '--available', 'libc'],
  ]),
  query('nothing', `upgrade with nothing to do, ${large} packages installed`, { seconds: 0.25 }, [
    ...['upgrade', '--yes'],
  ]),
  upgradeSmall,
]

/** One command on a root where the larger closure is installed; the smaller one is planned on one where nothing is. */
function query(id, title, limit, words) {
  const open = id === 'plan' ? emptyRoot : installedRoot
  return {
    id,
    title,
    skip: needsTmpfs,
    repeated: REPEATED,
    limits: limit === undefined ? [] : [{ on: 'cpu', ...limit }],
    contenders: (context) => [
      {
        label: `peipkg ${words[0]}`,
        role: 'ours',
        prepare: async () => ({ command: [program('peipkg'), ...words, '--root', await open(context)] }),
      },
      bareNode,
    ],
  }
}

const roots = new Map()

function once(name, context, fill) {
  if (!roots.has(name)) roots.set(name, rootOn(onTmpfs, context, fill))
  return roots.get(name).then(({ root }) => root)
}

function emptyRoot(context) {
  return once('empty', context, (root) => context.repositories.prepareRoot('universe', root))
}

function installedRoot(context) {
  return once('installed', context, async (root) => {
    await context.repositories.prepareRoot('universe', root)
    runProgram('peipkg', 'install', '--root', root, '--yes', '--no-sync', `closure-${large}`)
  })
}

async function prepareRefresh(context) {
  const server = spawn(process.execPath, [SERVER, await context.repositories.repository('universe')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise((resolve) => server.stdout.once('data', (line) => resolve(Number(line))))
  const { root, close } = await rootOn(onTmpfs, context, (fresh) =>
    context.repositories.configureRoot(fresh, `http://127.0.0.1:${port}`),
  )
  const end = () => {
    server.kill()
    close()
  }
  return { command: [program('peipkg'), 'refresh', '--root', root], close: end }
}

async function prepareSmallUpgrade(context) {
  const from = await context.packages.owned()
  const files = readdirSync(from).filter((file) => !file.startsWith('small_2'))
  const { root, close } = await rootOn(onTmpfs, context, async (fresh) => {
    await context.repositories.prepareRoot('owned', fresh)
    const paths = files.map((file) => join(from, file))
    runProgram('peipkg', 'install', '--root', fresh, '--yes', '--no-sync', ...paths)
  })
  return { command: [program('peipkg'), 'upgrade', '--root', root, '--yes', '--no-sync', 'small'], close }
}
