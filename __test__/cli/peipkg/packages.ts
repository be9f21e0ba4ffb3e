/** Small packages for tests, made by the core, and repositories of them, written here byte for byte. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspectPackage, pack } from '../../../ts/native/packages.ts'

const signingKey = fileURLToPath(new URL('../../fixtures/packages/test-signing-key.pem', import.meta.url))
const privateKey = createPrivateKey(readFileSync(signingKey))
const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
const rawKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32)
export const fingerprint = createHash('sha256').update(rawKey).digest('hex')

export interface PackageDraft {
  readonly name: string
  readonly version?: string
  /** Path → content, or `-> target` for a link. */
  readonly files?: Readonly<Record<string, string>>
  readonly unsigned?: boolean
  /** Further fields of the manifest, as it spells them. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** Writes the package into `directory` and returns its path. */
export async function makePackage(directory: string, draft: PackageDraft): Promise<string> {
  const { name, version = '1-1', files = { [`usr/share/${name}/data`]: `${name} ${version}\n` } } = draft
  const staged = mkdtempSync(join(tmpdir(), 'peipkg-staged-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(staged, path)), { recursive: true })
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(staged, path))
    else writeFileSync(join(staged, path), content)
  }
  const manifest = {
    name,
    version,
    architecture: 'noarch',
    description: `the ${name} package`,
    license: 'MIT',
    homepage: 'https://example.org/',
    build: { timestamp: '2026-05-01T12:00:00Z', farm_id: 'test', source_ref: 'test' },
    ...draft.fields,
  }
  const out = join(directory, `${name}_${version}_noarch.peipkg`)
  await pack({
    manifest: JSON.stringify(manifest),
    staged,
    out,
    ...(draft.unsigned ? {} : { signKey: signingKey }),
  })
  rmSync(staged, { recursive: true })
  return out
}

export interface RepositoryDraft {
  /** `test` when it is left out. */
  readonly name?: string
  readonly packages: readonly string[]
  /** Only in the archive index. */
  readonly archived?: readonly string[]
  readonly version?: number
  /** As if today were 2026-05-11, so that an index is as old whenever the tests run. */
  readonly generatedAt?: string
  readonly unsigned?: boolean
  /** Changes the documents before they are signed. */
  readonly edit?: (index: { packages: Record<string, unknown>[] }) => void
  readonly keys?: readonly Record<string, unknown>[]
}

/** Writes (over) a repository in `directory`, with bare signatures. */
export async function makeRepository(directory: string, draft: RepositoryDraft): Promise<void> {
  const { name = 'test', packages, archived = [], version = 1 } = draft
  const { generatedAt = '2026-05-01T12:00:00Z' } = draft
  for (const part of ['index', 'keys', 'p']) mkdirSync(join(directory, part), { recursive: true })
  writeFileSync(join(directory, `keys/${fingerprint}.pub`), publicPem)
  const write = (file: string, document: unknown) => {
    const bytes = Buffer.from(JSON.stringify(document))
    writeFileSync(join(directory, file), bytes)
    const signature = sign(null, bytes, privateKey).toString('base64').replace(/=+$/, '')
    if (draft.unsigned) rmSync(join(directory, `${file}.sig`), { force: true })
    else writeFileSync(join(directory, `${file}.sig`), signature)
  }
  const ours = { fingerprint, url: `/keys/${fingerprint}.pub`, status: 'active' }
  const keys = [ours, ...(draft.keys ?? [])].sort((left, right) =>
    String(left.fingerprint) < String(right.fingerprint) ? -1 : 1,
  )
  write('repo.json', {
    schema_version: 1,
    repo: { name, signing: { algorithm: 'ed25519', keys } },
    indexes: {
      active: { url: '/index/active.json', signature_url: '/index/active.json.sig' },
      archive: { url: '/index/archive.json', signature_url: '/index/archive.json.sig' },
    },
  })
  const active = await Promise.all(packages.map((path) => entry(path, directory)))
  const all = [...active, ...(await Promise.all(archived.map((path) => entry(path, directory))))]
  for (const [kind, entries] of Object.entries({ active, archive: all })) {
    entries.sort((left, right) => (String(left.name) < String(right.name) ? -1 : 1))
    const index = {
      ...{ schema_version: 1, repo: name, kind, index_version: version, generated_at: moved(generatedAt) },
      packages: structuredClone(entries),
    }
    if (kind === 'active') draft.edit?.(index)
    write(`index/${kind}.json`, index)
  }
}

const shift = Math.floor(Date.now() / 1000) * 1000 - Date.parse('2026-05-11T12:00:00Z')

const moved = (time: string): string => new Date(Date.parse(time) + shift).toISOString().replace('.000Z', 'Z')

async function entry(path: string, directory: string): Promise<Record<string, unknown>> {
  const { manifest, sha256, size } = await inspectPackage(path)
  const { schema_version: _, build, sd_overrides: __, ...fields } = JSON.parse(manifest)
  const filename = `${fields.name}_${fields.version}_${fields.architecture}.peipkg`
  copyFileSync(path, join(directory, 'p', filename))
  const { timestamp, farm_id } = build
  return {
    ...fields,
    dependencies: fields.dependencies ?? [],
    conflicts: fields.conflicts ?? [],
    size_compressed: size,
    hash: { algorithm: 'sha256', value: sha256 },
    url: `/p/${filename}`,
    build: { timestamp, farm_id },
  }
}
