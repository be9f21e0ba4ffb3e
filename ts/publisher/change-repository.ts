/** What all changes of a published repository have in common: they are in place, signed, and bring the pages up to date. */
import { resolve } from 'node:path'
import type { PublishReport } from '../native/producer.ts'
import { type Publication, prepareRepositoryChange, type RepositoryChange } from '../native/publication.ts'
import { type CancelToken, cancellable, type OnProgress } from '../native/task.ts'
import { checkDirectory } from './directory.ts'
import { writePublication } from './write-publication.ts'

export interface SignedChange {
  readonly repository: string
  /** A private key file. */
  readonly signKey: string
  /** RFC 3339 UTC. */
  readonly timestamp: string
  readonly signatureFormat: 'envelope' | 'bare'
  /** Whether the pages of the browse site are brought up to date too. */
  readonly site: boolean
}

/** How a change is watched and stopped. */
export interface Control {
  readonly progress: OnProgress
  readonly signal: AbortSignal
}

export type WhatChanges = Omit<RepositoryChange, 'directory' | 'signKey' | 'timestamp' | 'signatureFormat'>

/** A change of repo.json. */
export async function changeRepository(
  change: SignedChange,
  what: WhatChanges,
  control: Control,
): Promise<PublishReport> {
  return await changeWith(change, control, (fields, token) =>
    prepareRepositoryChange({ ...fields, ...what }, control.progress, token),
  )
}

type Fields = Pick<RepositoryChange, 'directory' | 'signKey' | 'timestamp' | 'signatureFormat'>

/** Any change that is prepared, then written. */
export async function changeWith(
  change: SignedChange,
  { progress, signal }: Control,
  prepare: (fields: Fields, token: CancelToken) => Promise<Publication>,
): Promise<PublishReport> {
  const { repository, signKey, timestamp, signatureFormat, site } = change
  checkDirectory(repository)
  const directory = resolve(repository)
  return await cancellable(signal, async (token) => {
    const publication = await prepare({ directory, signKey, timestamp, signatureFormat }, token)
    return await writePublication(publication, { base: directory, site }, progress, token)
  })
}
