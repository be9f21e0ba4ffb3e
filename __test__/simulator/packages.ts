/** Packages for simulated repositories, made by the core. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspectPackage, pack } from '../../ts/native/packages.ts'
import type { Key } from './keys.ts'

export interface BuiltPackage {
  readonly filename: string
  readonly bytes: Buffer
  /** What an index says of it. */
  readonly entry: Readonly<Record<string, unknown>>
}

export interface PackageDraft {
  readonly name: string
  readonly version: string
  readonly farm?: string
  /** Random bytes of this number make it large. */
  readonly ballast?: Buffer
  readonly fields?: Readonly<Record<string, unknown>>
}

export async function buildPackage(draft: PackageDraft, signer: Key | null): Promise<BuiltPackage> {
  const { name, version, farm = 'farm', ballast, fields } = draft
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-simulator-'))
  try {
    const staged = join(directory, 'staged')
    mkdirSync(join(staged, 'usr/share', name), { recursive: true })
    writeFileSync(join(staged, 'usr/share', name, 'data'), `${name} ${version}\n`)
    if (ballast !== undefined) writeFileSync(join(staged, 'usr/share', name, 'ballast'), ballast)
    const signKey = join(directory, 'key.pem')
    if (signer !== null) writeFileSync(signKey, signer.privatePem, { mode: 0o600 })
    const filename = `${name}_${version}_noarch.peipkg`
    const out = join(directory, filename)
    const manifest = {
      ...{ name, version, architecture: 'noarch', description: name, license: 'MIT', homepage: '' },
      build: { timestamp: '2026-05-01T12:00:00Z', farm_id: farm, source_ref: 'simulator' },
      ...fields,
    }
    await pack({ manifest: JSON.stringify(manifest), staged, out, ...(signer === null ? {} : { signKey }) })
    return { filename, bytes: readFileSync(out), entry: await entryOf(out, filename) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function entryOf(path: string, filename: string): Promise<Record<string, unknown>> {
  const { manifest, sha256, size } = await inspectPackage(path)
  const { schema_version: _, build, sd_overrides: __, ...fields } = JSON.parse(manifest)
  return {
    ...fields,
    dependencies: fields.dependencies ?? [],
    conflicts: fields.conflicts ?? [],
    size_compressed: size,
    hash: { algorithm: 'sha256', value: sha256 },
    url: `/p/${filename}`,
    build: { timestamp: build.timestamp, farm_id: build.farm_id },
  }
}
