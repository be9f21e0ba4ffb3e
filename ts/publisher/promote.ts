/** Packages of one repository are published in another: the same bytes, under the other's indexes. */
import { resolve } from 'node:path'
import { PeiError } from '../native/errors.ts'
import { openRepositoryDirectory, type PublishReport } from '../native/producer.ts'
import { preparePublication } from '../native/publication.ts'
import { type Control, changeWith, type SignedChange } from './change-repository.ts'
import { checkDirectory } from './directory.ts'
import { defaultUrlTemplate } from './publish.ts'

export interface Promotion {
  /** The repository that has them. */
  readonly from: string
  /** `nginx`: the current version; `nginx=1.27.5-1`: that one. In every architecture. */
  readonly names: readonly string[]
  /** Where the target's entries point to. */
  readonly urlTemplate?: string
}

/** `change.repository` is the target, whose keys must accept the packages' signatures. */
export async function promote(
  change: SignedChange,
  promotion: Promotion,
  control: Control,
): Promise<PublishReport> {
  checkDirectory(promotion.from)
  checkDirectory(change.repository)
  const packages = filesOf(promotion)
  return await changeWith(change, control, ({ directory, ...signed }, token) => {
    const request = { base: directory, out: directory, packages, rebuild: false, allowUnsigned: false }
    const urlTemplate = promotion.urlTemplate ?? defaultUrlTemplate
    return preparePublication({ ...request, ...signed, urlTemplate }, control.progress, token)
  })
}

function filesOf({ from, names }: Promotion): string[] {
  const source = openRepositoryDirectory(resolve(from))
  const files = names.flatMap((argument) => {
    const [name = '', version] = argument.split(/=(.*)/s)
    const found = source.filesOf(name, version)
    if (found.length > 0) return found
    throw new PeiError('PEI_NOT_FOUND', `${argument} is not published in ${from}, or its bytes are elsewhere`)
  })
  return [...new Set(files)]
}
