import { expect, it } from 'vitest'
import { manifestDraft } from '../../ts/recipe/manifest-draft.ts'
import type { PackageStanza, Recipe } from '../../ts/recipe/recipe.ts'

const stanza: PackageStanza = {
  name: 'libfoo-dev',
  architecture: 'x86_64',
  files: [],
  description: 'headers',
  dependencies: [
    { name: 'libfoo', sameBuild: true },
    { name: 'libc', constraint: '>= 2', sameBuild: false },
  ],
  optionalDependencies: [],
  conflicts: [],
  provides: [],
  replaces: [],
  sideEffects: [],
  sdOverrides: [
    { path: 'etc/a', sddl: 'O:SY' },
    { path: 'etc/b', sd: 'AQ' },
  ],
}

const recipe: Recipe = {
  file: '/r/peipkg.toml',
  directory: '/r',
  buildScript: '/r/build.sh',
  license: 'MIT',
  homepage: '',
  source: 'informational',
  packages: [stanza],
  sign: [],
  otherSections: {},
}

it('pins siblings to the version of the build and resolves security descriptors', () => {
  const build = { version: '1:2.0-3', timestamp: '2026-05-01T12:00:00Z', farmId: 'farm', sourceRef: 'ref' }
  expect(manifestDraft(recipe, stanza, build, (sddl) => `<${sddl}>`)).toEqual({
    name: 'libfoo-dev',
    version: '1:2.0-3',
    architecture: 'x86_64',
    description: 'headers',
    license: 'MIT',
    homepage: '',
    dependencies: [
      { name: 'libfoo', constraint: '= 1:2.0-3' },
      { name: 'libc', constraint: '>= 2' },
    ],
    optional_dependencies: [],
    conflicts: [],
    provides: [],
    replaces: [],
    side_effects: [],
    sd_overrides: [
      { path: 'etc/a', sd: '<O:SY>' },
      { path: 'etc/b', sd: 'AQ' },
    ],
    build: { timestamp: '2026-05-01T12:00:00Z', farm_id: 'farm', source_ref: 'ref' },
  })
})
