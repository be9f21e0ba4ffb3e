/** What the repositories of the examples offer, day by day, and packages that come as files. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePackage, makeRepository, type PackageDraft } from '../cli/peipkg/packages.ts'

const zlib = (version: string): PackageDraft => ({
  name: 'zlib',
  version,
  files: { 'usr/share/zlib/zlib.txt': `zlib ${version}\n` },
  fields: { description: 'Compression library', license: 'Zlib', homepage: 'https://zlib.net/' },
})

const nginx = (version: string, workers: string): PackageDraft => ({
  name: 'nginx',
  version,
  files: {
    'etc/nginx/nginx.conf': `worker_processes ${workers};\n`,
    'usr/share/nginx/index.html': `<h1>Welcome to nginx ${version}</h1>\n`,
  },
  fields: {
    description: 'HTTP and reverse proxy server',
    license: 'BSD-2-Clause',
    homepage: 'https://nginx.org/',
    dependencies: [{ name: 'zlib', constraint: '>= 1.3' }],
  },
})

const less: PackageDraft = {
  name: 'less',
  version: '668-1',
  fields: { description: 'Shows text a screen at a time', license: 'GPL-3.0-or-later' },
}

/** Large enough that a change of it takes a moment. */
const manual = (version: string): PackageDraft => ({
  name: 'manual',
  version,
  files: Object.fromEntries(
    Array.from({ length: 2000 }, (_, number) => [
      `usr/share/manual/page-${number}.txt`,
      `page ${number} of ${version}\n`,
    ]),
  ),
  fields: { description: 'The manual, a page a file' },
})

interface Publication {
  /** Below https://packages.example.org. */
  readonly place: string
  readonly active: readonly PackageDraft[]
  readonly archived: readonly PackageDraft[]
  readonly version: number
}

const publications: Readonly<Record<string, Publication>> = {
  first: {
    place: 'stable',
    active: [zlib('1.3.1-1'), nginx('1.27.4-1', '1'), less],
    archived: [],
    version: 1,
  },
  second: {
    place: 'stable',
    active: [zlib('1.3.2-1'), nginx('1.27.5-1', 'auto'), less],
    archived: [zlib('1.3.1-1'), nginx('1.27.4-1', '1')],
    version: 2,
  },
  third: {
    place: 'stable',
    active: [zlib('1.3.2-1'), nginx('1.28.0-1', 'auto'), less],
    archived: [zlib('1.3.1-1'), nginx('1.27.4-1', '1'), nginx('1.27.5-1', 'auto')],
    version: 3,
  },
  fourth: {
    place: 'stable',
    active: [zlib('1.3.2-1'), nginx('1.27.5-1', 'auto'), less, manual('6-1')],
    archived: [],
    version: 4,
  },
  fifth: {
    place: 'stable',
    active: [zlib('1.3.2-1'), nginx('1.27.5-1', 'auto'), less, manual('7-1')],
    archived: [manual('6-1')],
    version: 5,
  },
  extra: { place: 'extra', active: [zlib('9.9-1')], archived: [], version: 1 },
}

/** Publishes what `name` says below `site`, over what is there. */
export async function publish(site: string, name: string): Promise<void> {
  const publication = publications[name]
  if (publication === undefined) throw new Error(`there is no publication "${name}"`)
  const { place, active, archived, version } = publication
  const directory = join(site, place)
  mkdirSync(directory, { recursive: true })
  const packages = mkdtempSync(join(tmpdir(), 'peipkg-guide-packages-'))
  const make = (drafts: readonly PackageDraft[]) =>
    Promise.all(drafts.map((draft) => makePackage(packages, draft)))
  try {
    await makeRepository(directory, {
      name: `example-${place}`,
      packages: await make(active),
      archived: await make(archived),
      version,
      generatedAt: `2026-05-0${version}T12:00:00Z`,
    })
  } finally {
    rmSync(packages, { recursive: true })
  }
}

/** Writes a small package into `directory`. */
export async function writePackage(directory: string, name: string, version: string): Promise<void> {
  await makePackage(directory, { name, version, unsigned: true })
}
