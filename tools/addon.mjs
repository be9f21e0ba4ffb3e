// What a built addon has to be, wherever it was built.
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'

const MOST_BYTES = 4_000_000
/** The newest minor version of glibc 2 that it may ask for: Debian 12, Ubuntu 22.04 and RHEL 9 have it. */
const NEWEST_GLIBC = 34
/** The loader belongs to the C library. */
const LIBRARIES = /^(libc\.so\.6|libgcc_s\.so\.1|ld-linux-[a-z0-9-]+\.so\.[0-9])$/

/** What is wrong with it, in words; nothing when it may be shipped. */
export function problemsOf(path) {
  const { size } = statSync(path)
  const read = (what) => {
    const env = { ...process.env, LC_ALL: 'C' }
    return execFileSync('readelf', ['--wide', what, path], { encoding: 'utf8', env, maxBuffer: 1 << 26 })
  }
  const needed = [...read('--dynamic').matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name)
  const versions = [...read('--version-info').matchAll(/Name: (GLIBC_2\.(\d+))/g)]
  const newer = versions.filter(([, , minor]) => Number(minor) > NEWEST_GLIBC).map(([, name]) => name)
  const others = needed.filter((library) => !LIBRARIES.test(library))
  return [
    ...(size > MOST_BYTES ? [`takes ${size} bytes, more than ${MOST_BYTES}`] : []),
    ...(needed.includes('libc.so.6') ? [] : ['does not name its C library']),
    ...others.map((library) => `needs ${library}`),
    ...[...new Set(newer)].map((version) => `needs ${version}`),
  ]
}
