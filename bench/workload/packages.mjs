// Makes the packages, with the same code that peipkg-build runs.
import { createHash, createPublicKey } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContent } from './content.mjs'
import { copyBinaries } from './machine-binaries.mjs'
import { planPackageSet } from './package-set.mjs'
import { BIG, GENERATION, OWNED, SET, SMALL, UNIVERSE } from './parameters.mjs'
import { addon, architecture, fileNameOf, manifestOf, runProgram } from './programs.mjs'
import { stagePackage } from './stage.mjs'
import { packOwned, packUniverse } from './universe.mjs'

const LANES = 2

export function createPackages(cache) {
  const steps = new Map()
  const once = (name, make) => () => {
    if (!steps.has(name)) steps.set(name, make())
    return steps.get(name)
  }
  const packer = once('packer', () => fingerprintOfPacker(cache.directory))
  const parameters = async (rest) => ({ GENERATION, architecture, packer: await packer(), ...rest })

  const keys = once('keys', async () => {
    const directory = await cache.step('keys', GENERATION, (made) => {
      const key = join(made, 'key.pem')
      runProgram('peipkg-build', 'keygen', '--out', key)
      const publicKey = createPublicKey(readFileSync(key, 'utf8'))
      writeFileSync(join(made, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
    })
    return { secret: join(directory, 'key.pem'), public: join(directory, 'key.pub') }
  })
  const set = (version) =>
    once(`set-${version}`, async () =>
      cache.step(`set-${version}`, await parameters(SET), async (made) =>
        packSet(version, made, (await keys()).secret),
      ),
    )
  const binaries = (name, bytes) =>
    once(`${name}-payload`, () =>
      cache.step(`${name}-payload`, { GENERATION, bytes }, (made) => {
        const library = join(made, 'staged', 'usr', 'lib', `${architecture}-linux-peios`, name)
        const copied = copyBinaries(bytes, library)
        if (copied < bytes * 0.9)
          throw new Error(`only ${Math.round(copied / 1e6)} MB of binaries on this machine`)
        writeFileSync(
          join(made, 'manifest.json'),
          JSON.stringify(manifestOf(name, '1.0-1', { sideEffects: ['ldconfig'] })),
        )
      }),
    )
  const single = (name, bytes, payload) =>
    once(name, async () => {
      const from = await payload()
      return cache.step(name, await parameters({ bytes }), async (made) => {
        const manifest = readFileSync(join(from, 'manifest.json'), 'utf8')
        const out = join(made, fileNameOf(name, '1.0-1'))
        await addon.pack({ manifest, staged: join(from, 'staged'), out, signKey: (await keys()).secret })
      })
    })
  const bigPayload = binaries('big', BIG)
  const smallPayload = binaries('small', SMALL)
  return {
    key: async () => (await keys()).secret,
    publicKey: async () => (await keys()).public,
    bigPayload,
    smallPayload,
    /** Directories of package files. */
    set1: set(1),
    set2: set(2),
    big: single('big-package', BIG, bigPayload),
    small: single('small-package', SMALL, smallPayload),
    universe: once('universe', async () =>
      cache.step('universe', await parameters(UNIVERSE), async (made) =>
        packUniverse(UNIVERSE, made, (await keys()).secret),
      ),
    ),
    owned: once('owned', async () =>
      cache.step('owned', await parameters(OWNED), async (made) =>
        packOwned(OWNED, made, (await keys()).secret),
      ),
    ),
    /** The planned set, for peers that make packages of their own of it. */
    eachStaged,
  }
}

/** The name of the package through which all others come. */
export const LAST = `bench-${String(SET.packages - 1).padStart(4, '0')}`

async function packSet(version, made, signKey) {
  await eachStaged(version, made, async (one, staged) => {
    const full = `${version}.0-1`
    const manifest = JSON.stringify(manifestOf(one.name, full, one))
    await addon.pack({ manifest, staged, out: join(made, fileNameOf(one.name, full)), signKey, threads: 1 })
  })
}

/** Stages one package after the other in a scratch directory below `directory`, some at a time, and hands it on. */
async function eachStaged(version, directory, use) {
  const queue = planPackageSet(SET, architecture)
  const content = createContent(SET.seed)
  const lane = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const staged = mkdtempSync(join(directory, 'staged-'))
      stagePackage(one, version, content, staged)
      await use(one, staged)
      rmSync(staged, { recursive: true })
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

/** A digest of what the packer makes of a small payload: another level or frame size makes the packages anew. */
async function fingerprintOfPacker(directory) {
  const probe = mkdtempSync(join(directory, 'probe-'))
  try {
    const doc = join(probe, 'staged', 'usr', 'share', 'doc')
    mkdirSync(doc, { recursive: true })
    cpSync(process.execPath, join(doc, 'node'))
    const out = join(probe, 'probe.peipkg')
    await addon.pack({
      manifest: JSON.stringify(manifestOf('probe', '1-1', {})),
      staged: join(probe, 'staged'),
      out,
    })
    return createHash('sha256').update(readFileSync(out)).digest('hex')
  } finally {
    rmSync(probe, { recursive: true })
  }
}
