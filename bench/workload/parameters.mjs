// What the workloads are. Another value, or another GENERATION after a change of the generator, makes them anew.

export const GENERATION = 2

export const SET = {
  seed: 'peipkg-bench',
  packages: 1000,
  files: 40_000,
  bytes: 650e6,
  changed: 8000,
}

/** Payload bytes of the package of real binaries, and of the small one that memory is compared with. */
export const BIG = 1.5e9
export const SMALL = 0.3e9
