// The layers of ARCHITECTURE.md: imports go downward only, there are no cycles, only ts/native touches the addon.
const layers = [
  ['^ts/(native|config|recipe)/'],
  ['^ts/resolver/'],
  ['^ts/(repository|publisher|build)/'],
  ['^ts/operations/'],
  ['^ts/(manager|farm)/'],
  ['^ts/cli/'],
].map(([path]) => path)

const upward = layers.slice(0, -1).map((path, level) => ({
  name: `downward-only-${level}`,
  severity: 'error',
  from: { path },
  to: { path: layers.slice(level + 1).join('|') },
}))

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'addon-behind-the-facade',
      comment: 'ts/native is the only importer of index.cjs',
      severity: 'error',
      from: { path: '^ts/', pathNot: '^ts/native/' },
      to: { path: '^index\\.(cjs|d\\.ts)$' },
    },
    {
      name: 'resolver-is-pure',
      severity: 'error',
      from: { path: '^ts/resolver/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'The generated loader names the addons of every platform.',
      severity: 'error',
      from: { path: '^ts/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
