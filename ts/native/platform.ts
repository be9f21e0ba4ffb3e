/** What there is an addon for, and the line that is said where there is none. Imports nothing: the build says it too. */

/** As npm and the loader name them; `napi.targets` in package.json has the same. */
export const platforms: readonly string[] = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
]

/** Of this process: `linux-x64-gnu`, `darwin-arm64`. */
export function thisPlatform(): string {
  const name = `${process.platform}-${process.arch}`
  return process.platform === 'linux' ? `${name}-${hasGlibc() ? 'gnu' : 'musl'}` : name
}

/** Where the addon would have to come from. */
export type Origin = 'checkout' | 'package' | 'build'

export function noAddonLine(origin: Origin, platform = thisPlatform()): string {
  const supported = `supported are ${platforms.join(', ')}`
  if (!platforms.includes(platform)) return `there is no native addon for ${platform}; ${supported}`
  return `the native addon for ${platform} is missing: ${remedies[origin](platform)}; ${supported}`
}

const remedies: Readonly<Record<Origin, (platform: string) => string>> = {
  build: () => 'building it needs Rust 1.89 or later, and there is no cargo on PATH',
  checkout: () => 'make it with "npm run build", which needs Rust and a C compiler',
  package: (platform) =>
    `the package peipkg-${platform} is not installed; install peipkg again, with its optional dependencies`,
}

function hasGlibc(): boolean {
  // Otherwise the report looks the names of all connections up.
  const report = process.report as typeof process.report & { excludeNetwork?: boolean }
  report.excludeNetwork = true
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime !== undefined
}
