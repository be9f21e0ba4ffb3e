/** Loads the native addon on first use; every call into it goes through `guard`, so that failures are PeiErrors. */
import { createRequire } from 'node:module'
import { asPeiError, PeiError, reasonOf } from './errors.ts'

type Addon = typeof import('../../index.d.ts')

let loaded: Addon | undefined

function addon(): Addon {
  loaded ??= load()
  return loaded
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
    throw new PeiError(
      'PEI_ADDON_MISSING',
      `cannot load the native addon: ${reasonOf(error)} (build it with "npm run build")`,
      { cause: error },
    )
  }
}
