/** Ed25519 keys made from a number, and what a repository does with them. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

export interface Key {
  readonly private: KeyObject
  /** PKCS#8, as the producers read it. */
  readonly privatePem: string
  readonly publicPem: Buffer
  /** SHA-256 of the raw public key. */
  readonly fingerprint: string
}

export type SignatureForm = 'envelope' | 'bare'

export function makeKey(seed: number): Key {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key)
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return {
    private: key,
    privatePem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })),
    fingerprint: createHash('sha256').update(raw).digest('hex'),
  }
}

/** The bytes of a `.sig` file. */
export function signatureOf(document: Buffer, key: Key, form: SignatureForm): Buffer {
  if (form === 'bare') return Buffer.from(base64(sign(null, document, key.private)))
  const digest = createHash('sha256').update(document).digest()
  return Buffer.from(
    `${JSON.stringify({
      schema_version: 1,
      algorithm: 'ed25519',
      key_fingerprint: key.fingerprint,
      signature: base64(sign(null, digest, key.private)),
    })}\n`,
  )
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
