// What the workloads are. Another value, or another GENERATION after a change of the generator, makes them anew.

export const GENERATION = 2

export const SET = {
  seed: 'peipkg-bench',
  packages: 1000,
  files: 40_000,
  bytes: 650e6,
  changed: 8000,
}

/** A whole distribution, and two packages in it that need so many others. */
export const UNIVERSE = { seed: 'peipkg-bench', packages: 60_000, closures: [1000, 2000] }

/** Files that one root owns when a small package is upgraded. */
export const OWNED = { files: 200_000 }

/** A repository of some years: names and the versions of each. */
export const ARCHIVE = { names: 5000, versions: 4 }

/** Package files that are hashed again, and the bytes of each. */
export const PUBLISHED = { files: 50, bytes: 100e6 }

/** Payload bytes of the package of real binaries, and of the small one that memory is compared with. */
export const BIG = 1.5e9
export const SMALL = 0.3e9
