/**
 * The packages that a system is meant to have, as a file: `peipkg export` writes it, `peipkg apply` reads it. TOML, described
 * by docs/schemas/package-list.schema.json:
 *
 *     format = 1
 *     packages = ["curl", "nginx"]        # wanted for themselves; what they need comes along
 *
 *     [[lock]]                            # optional: exactly these packages, and no others
 *     name = "curl"
 *     version = "8.9-1"
 *     architecture = "x86_64"
 *     reason = "explicit"
 *     repository = "official"             # absent for a local file, as is sha256
 *     sha256 = "…"
 */
import { reasonOf } from '../native/errors.ts'
import { checkName } from '../native/identity.ts'
import { readToml, type TomlTable } from './toml.ts'

export interface PackageList {
  /** Names, by bytes. */
  readonly packages: readonly string[]
  /** By name; null without a lock section. */
  readonly lock: readonly LockedPackage[] | null
}

export interface LockedPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly reason: 'explicit' | 'dependency'
  /** The repository that it came from; null for a local file. */
  readonly repository: string | null
  /** Of the package file, 64 hexadecimal digits; null where no repository offers it any more. */
  readonly sha256: string | null
}

/** Larger ones are refused by whoever reads the file, in bytes. */
export const LIST_LIMIT = 16 * 2 ** 20

/** Throws PEI_CONFIG_INVALID naming file, line and key. */
export function parsePackageList(file: string, text: string): Promise<PackageList> {
  return readToml(file, text, (table) => {
    table.integer('format', 1, 1)
    const packages = table.strings('packages')
    for (const name of packages) check(table, 'packages', () => checkName(name))
    const lock = table.has('lock') ? table.tables('lock').map(readLocked) : null
    const names = (lock ?? []).map(({ name }) => name)
    const twice = [packages, names].flatMap((list) => list.filter((name, at) => list.indexOf(name) !== at))
    if (twice[0] !== undefined)
      table.fail(packages.includes(twice[0]) ? 'packages' : 'lock', `names "${twice[0]}" twice`)
    const missing = lock === null ? undefined : packages.find((name) => !names.includes(name))
    if (missing !== undefined) table.fail('lock', `does not have "${missing}", which "packages" names`)
    return { packages: packages.toSorted(), lock }
  })
}

function readLocked(table: TomlTable): LockedPackage {
  const name = table.string('name')
  check(table, 'name', () => checkName(name))
  const sha256 = table.has('sha256') ? table.string('sha256') : null
  if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) {
    table.fail('sha256', 'must be 64 hexadecimal digits')
  }
  return {
    name,
    version: table.string('version'),
    architecture: table.string('architecture'),
    reason: table.oneOf('reason', ['explicit', 'dependency']),
    repository: table.has('repository') ? table.string('repository') : null,
    sha256,
  }
}

function check(table: TomlTable, key: string, verify: () => void): void {
  try {
    verify()
  } catch (error) {
    table.fail(key, reasonOf(error))
  }
}

/** The file's text. Names, versions and digests need no escaping: they are ASCII without quotes. */
export function packageListText({ packages, lock }: PackageList): string {
  const lines = [
    '# The packages that this system is meant to have: peipkg apply FILE makes it so.',
    'format = 1',
    packages.length === 0
      ? 'packages = []'
      : `packages = [\n${packages.map((name) => `  "${name}",\n`).join('')}]`,
  ]
  for (const { name, version, architecture, reason, repository, sha256 } of lock ?? []) {
    lines.push('', '[[lock]]', `name = "${name}"`, `version = "${version}"`)
    lines.push(`architecture = "${architecture}"`, `reason = "${reason}"`)
    if (repository !== null) lines.push(`repository = "${repository}"`)
    if (sha256 !== null) lines.push(`sha256 = "${sha256}"`)
  }
  // A lock section without packages: nothing at all is to be installed.
  if (lock?.length === 0) lines.push('lock = []')
  return `${lines.join('\n')}\n`
}
