/** One row of the table: what an attacker prepares, what the user does, and how it ends. */
import { asPeiError } from '../../../ts/native/errors.ts'
import type { BuiltPackage } from '../packages.ts'
import type { Stock, World } from '../world.ts'

export interface Attack {
  readonly name: string
  /** The system trusts both repositories by now. */
  readonly prepare: (world: World, stock: AttackStock) => unknown
  /** What the user does; the default is `refresh victim`. */
  readonly act?: (world: World) => Promise<string>
  /** What is cached may change rightly: an honest refresh before the installation, a hint that is renewed. */
  readonly mayAdopt?: boolean
  /** `CODE message`, or the outcome of an attack that achieves nothing. */
  readonly ends: RegExp
}

/** Packages that an attacker, or a careless builder, made; all are called `app`. */
export interface AttackStock extends Stock {
  readonly unsigned: BuiltPackage
  readonly byAttacker: BuiltPackage
  readonly byOther: BuiltPackage
  readonly bySecond: BuiltPackage
  readonly large: BuiltPackage
  /** Version 2-1. */
  readonly newer: BuiltPackage
}

export const refreshing = async (world: World): Promise<string> => {
  const { outcome, error } = await world.refresh('victim')
  return error === null ? outcome : `${error.code} ${error.message}`
}

export const installing = async (world: World): Promise<string> => {
  try {
    return await world.install('app')
  } catch (error) {
    const known = asPeiError(error)
    if (known === undefined) throw error
    return `${known.code} ${known.message}`
  }
}

/** Refreshes, which must succeed, and installs. */
export const refreshingAndInstalling = async (world: World): Promise<string> => {
  const refreshed = await refreshing(world)
  return refreshed === 'adopted' ? await installing(world) : refreshed
}

/** The server has something else at a path. */
export function replace(world: World, path: string, change: (bytes: Buffer) => Buffer | string): void {
  const bytes = world.victim.files.get(path)
  if (bytes === undefined) throw new RangeError(`the victim has no ${path}`)
  world.victim.files.set(path, Buffer.from(change(bytes)))
}

/** The whole next version, honestly made. */
export const next = (world: World) => ({
  version: world.publication.version + 1,
  generatedAt: world.publication.generatedAt + 3600,
})
