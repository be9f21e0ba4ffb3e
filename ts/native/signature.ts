/** Keys, fingerprints, detached signatures and security descriptors. Private keys never cross the boundary. */
import type { KeyFile } from '../../index.d.ts'
import { guard } from './addon.ts'

export type { KeyFile }

/** Writes a new private key (PKCS#8 PEM, mode 0600, never over an existing file) and returns its fingerprint. */
export function generateKey(out: string): string {
  return guard((native) => native.generateKey(out))
}

export function readKeyFile(path: string): KeyFile {
  return guard((native) => native.readKeyFile(path))
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
