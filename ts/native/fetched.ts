/** What arrives from servers, kept and unpacked by the core. */
import type { FetchedDocument, Unzstd } from '../../index.d.ts'
import { guard } from './addon.ts'

export type { FetchedDocument, Unzstd }

/** A document that grows outside of JavaScript's memory; `expected`: bytes to make room for. */
export function createFetchedDocument(expected: number): FetchedDocument {
  return guard((native) => new native.FetchedDocument(expected))
}

/** Undoes the transport encoding `zstd`; its errors say what is wrong with the bytes. */
export function createUnzstd(): Unzstd {
  return guard((native) => new native.Unzstd())
}
