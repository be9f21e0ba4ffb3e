/** Loads the native addon on first use; every call into it goes through `guard`, so that failures are PeiErrors. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { asPeiError, PeiError, reasonOf } from './errors.ts'
import { noAddonLine, thisPlatform } from './platform.ts'

type Addon = typeof import('../../index.d.ts')

let loaded: Addon | undefined

function addon(): Addon {
  loaded ??= load()
  return loaded
}

/** Throws PEI_ADDON_MISSING, before a daemon begins anything. */
export function requireAddon(): void {
  addon()
}

/** Runs a native call. A failure with a code becomes a PeiError; anything else is a bug and passes as it is. */
export function guard<T>(call: (native: Addon) => T): T {
  try {
    return call(addon())
  } catch (error) {
    throw asPeiError(error) ?? error
  }
}

/** As `guard`, for calls that return a promise: their native stack is one line, the PeiError's says who called. */
export async function guardAsync<T>(call: (native: Addon) => Promise<T>): Promise<T> {
  try {
    return await call(addon())
  } catch (error) {
    throw asPeiError(error) ?? error
  }
}

function load(): Addon {
  // Sources (ts/native/) and bundles (dist/<program>/) both lie two levels below the package.
  const require = createRequire(import.meta.url)
  try {
    return require('../../index.cjs') as Addon
  } catch (error) {
    throw new PeiError('PEI_ADDON_MISSING', whyNot(error), { cause: error })
  }
}

/** The loader tries several places; what it met there is a chain of causes, in words alone. One that was found and refused says why. */
function whyNot(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!/^Cannot find (module|native binding)/.test(cause.message)) {
      return `cannot load the native addon for ${thisPlatform()}: ${reasonOf(cause)}`
    }
  }
  const sources = fileURLToPath(new URL('../../crates', import.meta.url))
  return noAddonLine(existsSync(sources) ? 'checkout' : 'package')
}
