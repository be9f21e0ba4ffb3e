import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))

export default defineConfig({
  define: { PEIPKG_VERSION: JSON.stringify(version) },
  test: {
    include: ['__test__/**/*.test.ts'],
    // For what hangs only: with others at work on its two cores, CI has taken ten times as long as usual.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A busy machine may take longer than the second that is the default.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
    // clipanion's ES modules import a directory, which Node refuses and a bundler resolves.
    server: { deps: { inline: ['clipanion'] } },
  },
})
