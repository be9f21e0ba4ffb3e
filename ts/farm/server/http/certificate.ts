/** The certificate of the server and its key (`tls_cert`, `tls_key`): what would fail at each connection is told at the start. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FarmSettings } from '../../../config/farm-settings.ts'
import { PeiError, reasonOf } from '../../../native/errors.ts'

/** PEM, the certificate with those between it and its root. Throws PEI_IO, PEI_CONFIG_INVALID. */
export function readCertificate({
  tlsCertificate,
  tlsKey,
}: Pick<FarmSettings, 'tlsCertificate' | 'tlsKey'>): { readonly cert: Buffer; readonly key: Buffer } {
  const [cert, key] = [readPart(tlsCertificate), readPart(tlsKey)]
  const certificate = parse(tlsCertificate, 'certificate', () => new X509Certificate(cert))
  const own = parse<KeyObject>(tlsKey, 'private key without a passphrase', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(own)) {
    throw new PeiError('PEI_CONFIG_INVALID', `tls_key ${tlsKey} is not the key of tls_cert ${tlsCertificate}`)
  }
  return { cert, key }
}

function readPart(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function parse<T>(path: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new PeiError('PEI_CONFIG_INVALID', `${path} is no ${what} in PEM: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}
