// Elevated actions and warnings (spec files 3 and 6; PSD-009 §4.1, §7.6.6).

import { describe, expect, test } from 'vitest'
import { ask, expectPlan } from './scenario.ts'
import type { PackageDescription } from './universe-builder.ts'

function elevated(packages: readonly PackageDescription[], words: string | readonly string[]): string[] {
  return expectPlan(ask(packages, words)).elevated.map(({ kind, text }) => `${kind}: ${text}`)
}

describe('a package of a weaker repository that drives out one of a stronger', () => {
  test('by replaces', () => {
    const packages = [
      { name: 'nginx', from: 'installed' },
      { name: 'evil', from: 'weak', replaces: ['nginx'] },
    ]
    expect(elevated(packages, 'install evil')).toEqual([
      'foreign-replaces: evil from weak would replace nginx 1-1, which came from official',
    ])
  })

  test('by a conflict, whoever declares it', () => {
    const declares = [
      { name: 'nginx', from: 'installed' },
      { name: 'evil', from: 'weak', conflicts: ['nginx'] },
    ]
    const declared = [
      { name: 'nginx', from: 'installed', conflicts: ['evil'] },
      { name: 'evil', from: 'weak' },
    ]
    const text = 'foreign-conflict: evil from weak would drive out nginx 1-1, which came from official'
    expect(elevated(declares, 'install evil')).toEqual([text])
    expect(elevated(declared, 'install evil')).toEqual([text])
  })

  test('by a dependency of what was asked for', () => {
    const packages = [
      { name: 'nginx', from: 'installed' },
      { name: 'app', from: 'weak', needs: ['evil'] },
      { name: 'evil', from: 'weak', replaces: ['nginx'] },
    ]
    expect(elevated(packages, 'install app')).toHaveLength(1)
  })

  test('with cascade, where the dependents of what it drives out go along, whatever repository they came from', () => {
    const packages = [
      { name: 'strong', from: 'installed' },
      { name: 'user', from: 'installed', origin: 'extra', needs: ['strong'] },
      { name: 'rival', from: 'weak', conflicts: ['strong'] },
    ]
    const refused = ask(packages, 'install rival')
    expect(refused).toMatchObject({ kind: 'rejection', condition: 2 })
    const answer = expectPlan(ask(packages, 'install rival', { cascade: true }))
    expect(answer.steps.map((step) => `${step.name} ${'cause' in step ? step.cause : step.kind}`)).toEqual([
      'rival install',
      'user dependent',
      'strong conflict',
    ])
    expect(answer.elevated).toMatchObject([{ kind: 'foreign-conflict', packages: ['rival', 'strong'] }])
  })

  test('a local file counts as the weakest', () => {
    const packages = [
      { name: 'nginx', from: 'installed', origin: 'weak' },
      { name: 'mine', from: 'local', replaces: ['nginx'] },
    ]
    expect(elevated(packages, 'file mine')).toHaveLength(1)
  })

  test('an orphan counts as strong as its origin was', () => {
    const packages = [
      { name: 'nginx', from: 'installed', origin: 'gone', originPriority: 20 },
      { name: 'evil', from: 'extra', replaces: ['nginx'] },
      { name: 'fine', from: 'official', replaces: ['nginx'] },
    ]
    expect(elevated(packages, 'install evil')).toHaveLength(1)
    expect(elevated(packages, 'install fine')).toEqual([])
  })

  test('needs no authorisation from the same or a stronger repository', () => {
    const packages = [
      { name: 'nginx', from: 'installed', origin: 'extra' },
      { name: 'new', from: 'extra', replaces: ['nginx'] },
    ]
    expect(elevated(packages, 'install new')).toEqual([])
  })
})

describe('a provide of a weaker repository', () => {
  const failing = [
    { name: 'app', from: 'weak', needs: ['libssl >= 4-1'] },
    { name: 'libssl', version: '3-1' },
    { name: 'mine', from: 'weak', provides: ['libssl = 5-1'] },
  ]

  test('chosen where a stronger one has that very name and fails the constraint', () => {
    expect(elevated(failing, 'install app')).toEqual([
      'low-trust-provides: mine from weak would provide libssl >= 4-1, although official has a package of that name',
    ])
  })

  test('is no matter where no stronger repository has the name', () => {
    const packages = [
      { name: 'app', from: 'weak', needs: ['virtual'] },
      { name: 'mine', from: 'weak', provides: ['virtual'] },
    ]
    expect(elevated(packages, 'install app')).toEqual([])
  })

  test('that shadows the name of an official package is warned about when chosen', () => {
    const answer = expectPlan(ask(failing, 'install app'))
    expect(answer.warnings).toContain('mine 1-1 from weak provides libssl, the name of a package of official')
  })

  test('of a version greater than its own is warned about', () => {
    const answer = expectPlan(ask([{ name: 'mine', provides: ['virtual = 5-1'] }], 'install mine'))
    expect(answer.warnings).toEqual(['mine 1-1 provides virtual 5-1, a version greater than its own'])
  })
})

describe('beside an unusable stronger repository', () => {
  const packages = [
    { name: 'app', from: 'extra', needs: ['lib'] },
    { name: 'lib', from: 'extra' },
    { name: 'tool', from: 'weak' },
    { name: 'mine', from: 'local' },
  ]
  const unusable = [{ name: 'main', priority: 20 }]

  test('packages of a weaker one are elevated, one action for each repository', () => {
    const answer = expectPlan(ask(packages, ['install app', 'install tool', 'file mine'], { unusable }))
    expect(answer.elevated).toEqual([
      {
        kind: 'unusable-repository',
        packages: ['app', 'lib'],
        text: 'app, lib would come from extra while the stronger "main" cannot be used',
      },
      {
        kind: 'unusable-repository',
        packages: ['tool'],
        text: 'tool would come from weak while the stronger "main" cannot be used',
      },
    ])
  })

  test('a stronger one needs nothing', () => {
    const answer = expectPlan(ask([{ name: 'app' }], 'install app', { unusable }))
    expect(answer.elevated).toEqual([])
  })
})
