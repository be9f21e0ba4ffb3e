// One package of 1.5 GB of real binaries: installing, verifying and packing it.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BIG } from '../workload/parameters.mjs'
import { program } from '../workload/programs.mjs'
import { extraction } from './extract.mjs'
import { needsExt4, needsTmpfs, onExt4, onTmpfs, rootOn } from './places.mjs'

const what = `one package of ${BIG / 1e9} GB of real binaries`

export const bigInstall = {
  id: 'big-install',
  title: `${what}: install, fresh ext4, durable`,
  skip: needsExt4,
  limits: [{ on: 'wall', times: 1.2 }],
  contenders: (context) => [
    installOf('big', context, onExt4, []),
    extraction(context, { open: onExt4, synced: true, packages: context.packages.big }),
  ],
}

export const bigVerify = {
  id: 'big-verify',
  title: `${what}: verify of the file`,
  limits: [{ on: 'wall', times: 1.25 }],
  contenders: (context) => [
    verifyOf('big', context),
    {
      label: 'zstd -dc | openssl dgst -sha256',
      role: 'reference',
      prepare: async () => {
        const script = 'set -o pipefail; zstd -dcq -- "$1" | openssl dgst -sha256'
        return { command: ['bash', '-c', script, 'verify', await fileOf('big', context)] }
      },
    },
  ],
}

export const bigPack = {
  id: 'big-pack',
  title: `${what}: pack`,
  skip: needsTmpfs,
  limits: [
    { on: 'wall', times: 0.9 },
    { on: 'size', times: 1.03 },
  ],
  contenders: (context) => [
    packOf('big', context),
    {
      label: 'tar c | zstd -T2 -9',
      role: 'reference',
      prepare: async () => {
        const { directory, close } = onTmpfs(context)
        const staged = join(await context.packages.bigPayload(), 'staged')
        const out = join(directory, 'out.tar.zst')
        const script = 'set -o pipefail; tar -cC "$1" . | zstd -T2 -9 -qo "$2"'
        return { command: ['bash', '-c', script, 'pack', staged, out], close, examine: () => sizeOf(out) }
      },
    },
  ],
}

/** `name` is big or small; ours in all rows of one package. */
export function installOf(name, context, open, options) {
  const prepare = async () => {
    const { root, close } = await rootOn(open, context, (fresh) =>
      context.repositories.prepareRoot(name, fresh),
    )
    return { command: [program('peipkg'), 'install', '--root', root, '--yes', ...options, name], close }
  }
  return { label: 'peipkg install', role: 'ours', prepare }
}

export function verifyOf(name, context) {
  const prepare = async () => {
    const key = ['--key', await context.packages.publicKey()]
    return { command: [program('peipkg-build'), 'inspect', '--verify', ...key, await fileOf(name, context)] }
  }
  return { label: 'peipkg-build inspect --verify', role: 'ours', prepare }
}

export function packOf(name, context) {
  const prepare = async () => {
    const { directory, close } = onTmpfs(context)
    const payload = await context.packages[`${name}Payload`]()
    const input = ['--manifest', join(payload, 'manifest.json'), '--staged', join(payload, 'staged')]
    const out = join(directory, 'out.peipkg')
    const signed = ['--sign-key', await context.packages.key()]
    const command = [program('peipkg-build'), 'pack', ...input, '--out', out, ...signed]
    return { command, close, examine: () => sizeOf(out) }
  }
  return { label: 'peipkg-build pack', role: 'ours', prepare }
}

const sizeOf = (path) => ({ size: statSync(path).size })

async function fileOf(name, { packages }) {
  const directory = await packages[name]()
  return join(directory, ...readdirSync(directory))
}
