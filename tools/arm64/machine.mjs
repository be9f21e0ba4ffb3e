// What cross-building and qemu need, by Debian's names. rustup's compiler stays the one on the PATH.
import { execFileSync, spawnSync } from 'node:child_process'
import { run } from '../run.mjs'

/** rustup has no library of this target offline; Debian's compiler for browsers is new enough, and has one. */
const PACKAGES = [
  ...['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'qemu-user-static'],
  // The one of the host is for build scripts and derives.
  ...['rustc-web', 'libstd-rust-web-dev:amd64', 'libstd-rust-web-dev:arm64'],
  // What Node.js itself needs to run.
  'libstdc++6:arm64',
]

const TARGET = 'aarch64-unknown-linux-gnu'
export const QEMU = 'qemu-aarch64-static'
export const CC = 'aarch64-linux-gnu-gcc'
export const directory = 'target/arm64'

/** What cargo is told: another compiler and another target, in a directory of its own. */
export const environment = {
  RUSTC: '/usr/bin/rustc',
  CARGO_TARGET_DIR: directory,
  CARGO_BUILD_TARGET: TARGET,
  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER: CC,
  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER: QEMU,
  CC_aarch64_unknown_linux_gnu: CC,
  // Tests that start themselves again, to be killed, need it too.
  PEIPKG_TEST_RUNNER: QEMU,
}

/** Where cargo puts a release build. */
export const released = `${directory}/${TARGET}/release`

export function prepareMachine() {
  const missing = PACKAGES.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  const foreign = execFileSync('dpkg', ['--print-foreign-architectures'], { encoding: 'utf8' })
  if (!foreign.split('\n').includes('arm64')) run('dpkg', ['--add-architecture', 'arm64'])
  run('apt-get', ['update'])
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['install', '--yes', '--no-install-recommends', ...missing], { env })
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg', ['--status', name], { encoding: 'utf8' })
  return stdout.includes('\nStatus: install ok installed\n')
}
