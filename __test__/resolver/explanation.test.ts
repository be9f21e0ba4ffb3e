import { expect, test } from 'vitest'
import { shortExplanation } from '../../ts/resolver/plan.ts'
import { ask, expectRejection, explanation } from './scenario.ts'
import type { PackageDescription } from './universe-builder.ts'

test('a missing version, down a chain', () => {
  const packages = [
    { name: 'site', needs: ['nginx'] },
    { name: 'nginx', version: '27-1', needs: ['libssl >= 4-1'] },
    { name: 'libssl', version: '3-1' },
  ]
  expect(explanation(packages, 'install site')).toMatchInlineSnapshot(`
    "1: cannot install site: a dependency cannot be satisfied
    site was asked for; only site 1-1 (official) is on offer
    site 1-1 needs nginx; only nginx 27-1 (official) satisfies it
    nginx 27-1 needs libssl >= 4-1; official offers libssl 3-1 only
    so site cannot be installed"
  `)
})

test('a name that nothing offers', () => {
  expect(explanation([{ name: 'app', needs: ['ghost'] }], 'install app')).toMatchInlineSnapshot(`
    "1: cannot install app: a dependency cannot be satisfied
    app was asked for; only app 1-1 (official) is on offer
    app 1-1 needs ghost; nothing offers ghost
    so app cannot be installed"
  `)
  expect(explanation([{ name: 'app' }], 'install ghost')).toMatchInlineSnapshot(
    `
    "1: cannot install ghost: no configured repository offers it
    peipkg refresh fetches what is new, peipkg search finds names"
  `,
  )
})

test('two packages that need different versions of a third', () => {
  const packages = [
    { name: 'aa', needs: ['libz < 2-1'] },
    { name: 'bb', needs: ['libz >= 2-1'] },
    { name: 'libz', version: '1-1' },
    { name: 'libz', version: '2-1', from: 'extra' },
    { name: 'bystander' },
  ]
  expect(explanation(packages, ['install aa', 'install bystander', 'install bb'])).toMatchInlineSnapshot(`
    "1: cannot install aa and bb: a dependency cannot be satisfied
    aa was asked for; only aa 1-1 (official) is on offer
    bb was asked for; only bb 1-1 (official) is on offer
    aa 1-1 needs libz < 2-1; only libz 1-1 (official) satisfies it
    bb 1-1 needs libz >= 2-1; only libz 2-1 (extra) satisfies it
    only one version of libz can be installed
    so aa and bb cannot be installed together"
  `)
})

test('an upgrade that an installed package does not bear', () => {
  const packages = [
    { name: 'libz', from: 'installed' },
    { name: 'libz', version: '2-1' },
    { name: 'app', from: 'installed', needs: ['libz < 2-1'] },
    { name: 'other', from: 'installed' },
    { name: 'other', version: '2-1' },
  ]
  expect(explanation(packages, 'upgrade')).toMatchInlineSnapshot(`
    "1: cannot upgrade libz: a dependency cannot be satisfied
    libz is to be upgraded; only libz 2-1 (official) is on offer
    app 1-1 is installed and was not asked to be removed; nothing newer is on offer
    only one version of libz can be installed
    app 1-1 needs libz < 2-1; only libz 1-1 (installed) would satisfy it
    so libz cannot be upgraded"
  `)
})

test('several ways, each closed for its own reason', () => {
  const packages = [
    { name: 'app', needs: ['mta'] },
    { name: 'exim', provides: ['mta'], needs: ['libspf >= 2-1'] },
    { name: 'postfix', provides: ['mta'], conflicts: ['cron'] },
    { name: 'libspf' },
    { name: 'cron', from: 'installed' },
    { name: 'backup', from: 'installed', needs: ['cron'] },
  ]
  expect(explanation(packages, 'install app')).toMatchInlineSnapshot(`
    "2: cannot install app: packages are in conflict
    app was asked for; only app 1-1 (official) is on offer
    backup 1-1 is installed and was not asked to be removed; nothing newer is on offer
    backup 1-1 needs cron; only cron 1-1 (installed) satisfies it
    postfix 1-1 conflicts with cron 1-1 (installed)
    app 1-1 needs mta; of what would satisfy it, only exim 1-1 (official) is left
    exim 1-1 needs libspf >= 2-1; official offers libspf 1-1 only
    so app cannot be installed"
  `)
})

test('conflicts, by name and by provide', () => {
  expect(
    explanation([{ name: 'aa' }, { name: 'bb', conflicts: ['aa <= 1-1'] }], ['install aa', 'install bb']),
  ).toMatchInlineSnapshot(`
    "2: cannot install aa and bb: packages are in conflict
    aa was asked for; only aa 1-1 (official) is on offer
    bb was asked for; only bb 1-1 (official) is on offer
    bb 1-1 conflicts with aa <= 1-1, such as aa 1-1 (official)
    so aa and bb cannot be installed together"
  `)
  const packages = [
    { name: 'exim', provides: ['mta'], conflicts: ['mta'] },
    { name: 'postfix', provides: ['mta'] },
  ]
  expect(explanation(packages, ['install exim', 'install postfix'])).toMatchInlineSnapshot(`
    "2: cannot install exim and postfix: packages are in conflict
    exim was asked for; only exim 1-1 (official) is on offer
    postfix was asked for; only postfix 1-1 (official) is on offer
    exim 1-1 conflicts with mta, which postfix 1-1 (official) provides
    so exim and postfix cannot be installed together"
  `)
})

test('a replacement that leaves a dependent without', () => {
  const packages = [
    { name: 'new', replaces: ['old'] },
    { name: 'old', from: 'installed' },
    { name: 'app', from: 'installed', needs: ['old'] },
  ]
  expect(explanation(packages, 'install new')).toMatchInlineSnapshot(`
    "2: cannot install new: packages are in conflict
    new was asked for; only new 1-1 (official) is on offer
    app 1-1 is installed and was not asked to be removed; nothing newer is on offer
    new 1-1 replaces old 1-1
    app 1-1 needs old; only old 1-1 (installed) would satisfy it
    so new cannot be installed"
  `)
})

test('a noarch package that depends on an architecture-specific one', () => {
  const packages = [{ name: 'tool', arch: 'noarch', needs: ['perl'] }, { name: 'perl' }]
  expect(explanation(packages, 'install tool')).toMatchInlineSnapshot(`
    "3: cannot install tool: a package has the wrong architecture
    tool was asked for; only tool 1-1 (official) is on offer
    tool 1-1 needs perl; perl 1-1 is for x86_64, and a noarch package cannot depend on an architecture-specific one
    so tool cannot be installed"
  `)
})

test('a dependency that only an older version than the installed one would satisfy', () => {
  const packages = [
    { name: 'app', needs: ['lib < 2-1'] },
    { name: 'lib', version: '1-1' },
    { name: 'lib', version: '2-1', from: 'installed' },
  ]
  expect(explanation(packages, 'install app')).toMatchInlineSnapshot(`
    "4: cannot install app: a package would have to move backward
    app was asked for; only app 1-1 (official) is on offer
    app 1-1 needs lib < 2-1; lib 1-1 (official) would do, but lib 2-1 is installed, and a package moves backward only by a downgrade
    so app cannot be installed"
  `)
})

test('a cycle that closes on another version', () => {
  const packages = [
    { name: 'aa', version: '1-1', needs: ['bb'] },
    { name: 'bb', needs: ['aa = 2-1'] },
    { name: 'aa', version: '2-1', from: 'extra' },
  ]
  expect(explanation(packages, 'install aa=1-1')).toMatchInlineSnapshot(`
    "5: cannot install aa: packages depend on each other in a cycle that no choice of versions satisfies
    aa 1-1 was asked for; only aa 1-1 (official) is on offer
    only one version of aa can be installed
    aa 1-1 needs bb; only bb 1-1 (official) satisfies it
    bb 1-1 needs aa = 2-1; only aa 2-1 (extra) would satisfy it
    so aa cannot be installed"
  `)
})

test('a dependency on what the same request removes', () => {
  const packages = [
    { name: 'lib', from: 'installed' },
    { name: 'app', needs: ['lib'] },
  ]
  expect(explanation(packages, ['install app', 'remove lib'])).toMatchInlineSnapshot(`
    "1: cannot install app: a dependency cannot be satisfied
    app was asked for; only app 1-1 (official) is on offer
    app 1-1 needs lib; lib is to be removed
    so app cannot be installed"
  `)
})

test('a long derivation is cut at 20 lines, and says how to see the rest', () => {
  const packages: PackageDescription[] = []
  for (let pigeon = 0; pigeon < 4; pigeon++) {
    packages.push({ name: `pigeon${pigeon}`, needs: [`place${pigeon}`] })
    for (let hole = 0; hole < 3; hole++) {
      const provides = [`place${pigeon}`, `hole${hole}`]
      packages.push({ name: `p${pigeon}in${hole}`, provides, conflicts: [`hole${hole}`] })
    }
  }
  const rejection = expectRejection(
    ask(
      packages,
      [0, 1, 2, 3].map((pigeon) => `install pigeon${pigeon}`),
    ),
  )
  expect(rejection.explanation.length).toBeGreaterThan(20)
  const short = shortExplanation(rejection)
  expect(short).toHaveLength(20)
  expect(short.at(-1)).toBe('… (--explain shows all)')
})
