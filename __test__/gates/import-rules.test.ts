/** The gate on imports really closes: a tree that breaks a rule of ARCHITECTURE.md fails, by the rule's name. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const project = fileURLToPath(new URL('../../', import.meta.url))
let tree: string
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'peipkg-gate-'))
})
afterEach(() => rmSync(tree, { recursive: true }))

/** Cruises a tree of these files with the project's rules. */
function cruise(files: Readonly<Record<string, string>>): {
  readonly code: number | null
  readonly text: string
} {
  for (const [path, text] of Object.entries({ 'tsconfig.json': '{}', ...files })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
  }
  const args = ['ts', '--config', join(project, '.dependency-cruiser.cjs')]
  const { status, stdout, stderr } = spawnSync(join(project, 'node_modules/.bin/depcruise'), args, {
    cwd: tree,
  })
  return { code: status, text: `${stdout}${stderr}` }
}

const callee = 'export const callee = 1\n'

test('an import downward passes', () => {
  const { code, text } = cruise({
    'ts/operations/a.ts': "import { callee } from '../resolver/b.ts'\nexport const a = callee\n",
    'ts/resolver/b.ts': callee,
  })
  expect(text).toContain('no dependency violations')
  expect(code).toBe(0)
})

test.each([
  ['upward', 'ts/resolver/a.ts', '../cli/b.ts', 'ts/cli/b.ts', 'downward-only'],
  ['from the middle to the top', 'ts/operations/a.ts', '../cli/b.ts', 'ts/cli/b.ts', 'downward-only'],
  [
    'of the addon past its façade',
    'ts/build/a.ts',
    '../../index.cjs',
    'index.cjs',
    'addon-behind-the-facade',
  ],
  ['that does I/O in the resolver', 'ts/resolver/a.ts', 'node:fs', 'ts/resolver/b.ts', 'resolver-is-pure'],
])('an import %s fails', (_, importer, specifier, imported, rule) => {
  const { code, text } = cruise({ [importer]: `import '${specifier}'\n`, [imported]: callee })
  expect(text).toContain(rule)
  expect(code).toBeGreaterThan(0)
})

test('a cycle fails', () => {
  const { code, text } = cruise({
    'ts/build/a.ts': "import './b.ts'\n",
    'ts/build/b.ts': "import './a.ts'\n",
  })
  expect(text).toContain('no-circular')
  expect(code).toBeGreaterThan(0)
})
