/** A fresh directory for each test of a file, gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

export function freshDirectory(): { readonly path: string } {
  const held = { path: '' }
  beforeEach(() => {
    held.path = mkdtempSync(join(tmpdir(), 'peipkg-manager-test-'))
  })
  afterEach(() => rmSync(held.path, { recursive: true, force: true, maxRetries: 10 }))
  return held
}
