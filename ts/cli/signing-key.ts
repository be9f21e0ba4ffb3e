/** Private key files given on a command line. */
import { PeiError } from '../native/errors.ts'
import { fingerprintOfKey, publicHalfOfKeyFile, readKeyFile } from '../native/signature.ts'

/**
 * Reads the key at once, so that a wrong one is found before long work; a file that others can read is warned about. Returns
 * its fingerprint. 32 raw bytes are a seed here: `readKeyFile` takes them for a public key.
 */
export function checkSigningKey(path: string, warn: (text: string) => void): string {
  const { hex, exposed } = privateKey(path)
  if (exposed) warn(exposedKeyText(path))
  return fingerprintOfKey(Buffer.from(hex, 'hex'))
}

function privateKey(path: string): ReturnType<typeof publicHalfOfKeyFile> {
  try {
    return publicHalfOfKeyFile(path)
  } catch (error) {
    if (kindOf(path) !== 'public') throw error
    const message = `${path} holds a public key: signing needs the private one`
    throw new PeiError('PEI_KEY_NOT_PRIVATE', message, { cause: error })
  }
}

export function holdsPrivateKey(path: string): boolean {
  return kindOf(path) === 'private'
}

/** Undefined when it cannot be told. */
function kindOf(path: string): 'private' | 'public' | undefined {
  try {
    return readKeyFile(path).kind
  } catch {
    return undefined
  }
}

export function exposedKeyText(path: string): string {
  return `the private key ${path} can be read by others than its owner (chmod 600 ${path})`
}
