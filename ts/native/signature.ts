/** Keys, fingerprints, detached signatures and security descriptors. Private keys never cross the boundary. */
import type { KeyFile } from '../../index.d.ts'
import { guard } from './addon.ts'

export type { KeyFile }

export interface DescriptorView {
  readonly name: string
  readonly keys: readonly {
    readonly fingerprint: string
    readonly url: string
    readonly status: string
    readonly validUntil?: string
  }[]
  readonly active: IndexPointer
  readonly archive: IndexPointer
}

export interface IndexPointer {
  readonly url: string
  readonly signatureUrl: string
}

/** Writes a new private key (PKCS#8 PEM, mode 0600, never over an existing file) and returns its fingerprint. */
export function generateKey(out: string): string {
  return guard((native) => native.generateKey(out))
}

export function readKeyFile(path: string): KeyFile {
  return guard((native) => native.readKeyFile(path))
}

/**
 * The public half of a private key file (32 raw bytes, or PKCS#8 PEM): 64 lower-case hexadecimal digits, and whether others
 * may read the file. Throws PEI_IO and PEI_KEY_INVALID.
 */
export function publicHalfOfKeyFile(path: string): { readonly hex: string; readonly exposed: boolean } {
  return guard((native) => native.publicHalfOfKeyFile(path))
}

/** `bytes`: 32 raw bytes or PEM. Only the canonical encoding of a key is accepted. */
export function fingerprintOfKey(bytes: Buffer): string {
  return guard((native) => native.fingerprintOfKey(bytes))
}

/** Base64 without padding of the self-relative binary form. Throws PEI_SD_INVALID. */
export function sddlToDescriptor(sddl: string): string {
  return guard((native) => native.sddlToDescriptor(sddl))
}

export function descriptorToSddl(base64: string): string {
  return guard((native) => native.descriptorToSddl(base64))
}

/** Does the signature belong to the document? Returns the fingerprint of the key that verified it. */
export function checkDetached(document: Buffer, signature: Buffer, keys: readonly Buffer[]): string {
  return guard((native) => native.checkDetached(document, signature, [...keys]))
}

/** What a descriptor says, unverified: to learn what else to fetch. Throws PEI_JSON_… and PEI_REPO_…. */
export function readDescriptor(document: Buffer): DescriptorView {
  return guard((native) => native.readDescriptor(document))
}
