// The proof that what is published works: all packages go to a registry on loopback, from where they are installed into empty
// prefixes with nothing else on PATH, on every supported Node.js. `node tools/build.mjs` must have run. Ends with counts.
//   node tools/registry.mjs [20|22|24|this]…
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeVersions } from './registry/parts.mjs'
import { proofs } from './registry/proofs.mjs'
import { openPublished } from './registry/published.mjs'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-registry-'))
const versions = process.argv.length > 2 ? process.argv.slice(2) : nodeVersions
const counts = { passed: 0, failed: 0 }
let registry
try {
  registry = await openPublished(scratch)
  for (const version of versions) {
    for (const [title, prove] of Object.entries(proofs))
      await attempt(`Node.js ${version}: ${title}`, () => prove({ version, registry, scratch }))
  }
} finally {
  registry?.close()
  rmSync(scratch, { recursive: true })
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 ? 0 : 1

async function attempt(title, prove) {
  try {
    const told = await prove()
    counts.passed += 1
    console.log(`✓ ${title}${told === undefined ? '' : `: ${told}`}`)
  } catch (error) {
    counts.failed += 1
    console.log(`✗ ${title}\n${error.stack}`)
  }
}
