// Installing the package set: in memory, durable, and durable as an upgrade of a fifth of its files.
import { dpkgInstall } from '../peers/dpkg.mjs'
import { pacmanInstall } from '../peers/pacman.mjs'
import { LAST } from '../workload/packages.mjs'
import { SET } from '../workload/parameters.mjs'
import { addon, program, runProgram } from '../workload/programs.mjs'
import { extraction } from './extract.mjs'
import { needsExt4, needsTmpfs, onExt4, onTmpfs, rootOn } from './places.mjs'

const what = `${SET.packages} packages, ${SET.files} files, ${SET.bytes / 1e6} MB`

export const installTmpfs = {
  id: 'install-tmpfs',
  title: `install ${what}, tmpfs, --no-sync`,
  skip: needsTmpfs,
  limits: [
    { on: 'cpu', times: 0.6 },
    { on: 'wall', times: 0.5 },
  ],
  contenders: (context) => {
    const place = { open: onTmpfs, synced: false }
    return [
      installation(context, 'peipkg install', place),
      extraction(context, { ...place, packages: context.packages.set1 }),
      installation(context, 'peipkg install, with fetching', { ...place, cached: false, role: 'peer' }),
      ...dpkgInstall(context, place),
      ...pacmanInstall(context, place),
    ]
  },
}

export const installDurable = {
  id: 'install-durable',
  title: `install ${what}, fresh ext4, durable`,
  skip: needsExt4,
  limits: [{ on: 'wall', times: 0.65 }],
  contenders: (context) => {
    const place = { open: onExt4, synced: true }
    return [
      installation(context, 'peipkg install', place),
      extraction(context, { ...place, packages: context.packages.set1 }),
      ...dpkgInstall(context, place),
      ...pacmanInstall(context, place),
    ]
  },
}

export const upgradeDurable = {
  id: 'upgrade-durable',
  title: `upgrade of that set, ${SET.changed} of its files changed, ext4, durable`,
  skip: needsExt4,
  limits: [{ on: 'wall', times: 0.4 }],
  contenders: (context) => [
    { label: 'peipkg upgrade', role: 'ours', prepare: () => prepareUpgrade(context) },
    extraction(context, { open: onExt4, synced: true, packages: context.packages.set2 }),
  ],
}

function installation(context, label, { open, synced, cached = true, role = 'ours' }) {
  const prepare = async () => {
    const fill = (root) => context.repositories.prepareRoot('set1', root, { cached })
    const { root, close } = await rootOn(open, context, fill)
    const durability = synced ? [] : ['--no-sync']
    const command = [program('peipkg'), 'install', '--root', root, '--yes', ...durability, LAST]
    return { command, close, examine: () => expectInstalled(root, '1.0-1') }
  }
  return { label, role, prepare }
}

async function prepareUpgrade(context) {
  const { root, close } = await rootOn(onExt4, context, async (fresh) => {
    await context.repositories.prepareRoot('set1', fresh)
    runProgram('peipkg', 'install', '--root', fresh, '--yes', LAST)
    await context.repositories.offerSecond(fresh)
  })
  const command = [program('peipkg'), 'upgrade', '--root', root, '--yes']
  return { command, close, examine: () => expectInstalled(root, '2.0-1') }
}

/** A quick command that did not do its work is no result. */
function expectInstalled(root, version) {
  const installed = new addon.System(root).listPackages().filter((one) => one.version === version)
  if (installed.length !== SET.packages) {
    throw new Error(`${installed.length} of ${SET.packages} packages are installed as ${version}`)
  }
}
