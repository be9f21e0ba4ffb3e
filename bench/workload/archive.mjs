// Repositories that are described, not built: an archive of many entries whose packages nobody reads, and a few large files
// under many names.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ARCHIVE, PUBLISHED } from './parameters.mjs'
import { packageRoot } from './programs.mjs'

const fixtures = join(packageRoot, '__test__/fixtures/packages')

/** The key that signs the fixtures' packages. */
export const signingKey = join(fixtures, 'test-signing-key.pem')
export const newPackage = join(fixtures, 'hello_0.1-1_noarch.peipkg')

const GENERATED = '2026-04-02T12:00:00Z'

/** Names with several versions each, that need each other. */
export function makeArchive(directory) {
  const { names, versions } = ARCHIVE
  const nameOf = (number) => `package-${String(number % names).padStart(5, '0')}`
  const entries = []
  for (let number = 0; number < names; number += 1) {
    const needed = new Set(Array.from({ length: 6 }, (_, place) => nameOf(number * 7 + place * 131 + 1)))
    const dependencies = [...needed].sort().map((name) => ({ name, constraint: '>= 1.0' }))
    for (let version = versions - 1; version >= 0; version -= 1) {
      const name = nameOf(number)
      const provides = [{ name: `lib${number}.so.1` }]
      entries.push(
        entryOf(name, `1.${version}-1`, digestOf(name + version), 100_000, { dependencies, provides }),
      )
    }
  }
  writeRepository(directory, entries, ({ version }) => version === `1.${versions - 1}-1`)
}

/** Packages that are no packages: what `verify --mode hashes` reads is bytes. Returns their paths. */
export function makePublished(directory) {
  const { files, bytes } = PUBLISHED
  const content = randomBytes(bytes)
  const digest = digestOf(content)
  const entries = Array.from({ length: files }, (_, number) =>
    entryOf(`package-${String(number).padStart(4, '0')}`, '1-1', digest, bytes, {}),
  )
  const paths = entries.map(({ url }) => join(directory, url))
  for (const [place, path] of paths.entries()) {
    mkdirSync(dirname(path), { recursive: true })
    if (place === 0) writeFileSync(path, content)
    else linkSync(paths[0], path)
  }
  writeRepository(directory, entries, () => true)
  return paths
}

function entryOf(name, version, value, size, relations) {
  return {
    ...{ name, version, architecture: 'x86_64', description: `What ${name} is for, in one line` },
    ...{ license: 'MIT', homepage: `https://example.org/${name}`, dependencies: [], conflicts: [] },
    ...relations,
    ...{ size_compressed: size, size_installed: 4 * size, hash: { algorithm: 'sha256', value } },
    url: `/p/${name}/${version}/${name}_${version}_x86_64.peipkg`,
    build: { timestamp: GENERATED, farm_id: 'bench' },
  }
}

function writeRepository(directory, entries, isCurrent) {
  const key = createPrivateKey(readFileSync(signingKey))
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' })
  const fingerprint = digestOf(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32))
  for (const path of ['index', 'keys']) mkdirSync(join(directory, path), { recursive: true })
  writeFileSync(join(directory, `keys/${fingerprint}.pub`), pem)
  const write = (path, document) => {
    const bytes = Buffer.from(`${JSON.stringify(document)}\n`)
    writeFileSync(join(directory, path), bytes)
    writeFileSync(
      join(directory, `${path}.sig`),
      sign(null, bytes, key).toString('base64').replace(/=+$/, ''),
    )
  }
  const pointer = (kind) => ({ url: `/index/${kind}.json`, signature_url: `/index/${kind}.json.sig` })
  const keys = [{ fingerprint, url: `/keys/${fingerprint}.pub`, status: 'active' }]
  write('repo.json', {
    ...{ schema_version: 1, repo: { name: 'bench', signing: { algorithm: 'ed25519', keys } } },
    indexes: { active: pointer('active'), archive: pointer('archive') },
  })
  for (const [kind, packages] of [
    ['active', entries.filter(isCurrent)],
    ['archive', entries],
  ]) {
    const header = { schema_version: 1, repo: 'bench', kind, index_version: 1, generated_at: GENERATED }
    write(`index/${kind}.json`, { ...header, packages })
  }
}

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex')
