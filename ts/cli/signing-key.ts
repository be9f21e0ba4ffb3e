/** Private key files given on a command line. */
import { PeiError } from '../native/errors.ts'
import { readKeyFile } from '../native/signature.ts'

/** Reads the key at once, so that a wrong one is found before long work; a file that others can read is warned about. */
export function checkSigningKey(path: string, warn: (text: string) => void): void {
  const { kind, exposed } = readKeyFile(path)
  if (kind !== 'private') {
    throw new PeiError('PEI_KEY_NOT_PRIVATE', `${path} holds a public key: signing needs the private one`)
  }
  if (exposed) warn(exposedKeyText(path))
}

export function exposedKeyText(path: string): string {
  return `the private key ${path} can be read by others than its owner (chmod 600 ${path})`
}
