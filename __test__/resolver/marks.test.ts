import { expect, test } from 'vitest'
import { ask, askIn, expectPlan, expectRejection, marksOf, REPOSITORIES, stepsOf } from './scenario.ts'
import { buildUniverse, type PackageDescription } from './universe-builder.ts'

const packages: readonly PackageDescription[] = [
  { name: 'app', from: 'installed', needs: ['lib'] },
  { name: 'lib', from: 'installed', reason: 'dependency' },
  { name: 'kept', from: 'installed', held: true },
  { name: 'lib', version: '2-1' },
  { name: 'kept', version: '2-1' },
  { name: 'new', needs: ['extra'] },
  { name: 'extra' },
]
const marks = (...words: string[]) => marksOf(expectPlan(ask(packages, words)))

test('only what changes something is a mark', () => {
  expect(marks('hold app', 'hold kept', 'unhold kept')).toEqual(['hold app', 'unhold kept'])
  expect(marks('mark-dependency app', 'mark-explicit lib')).toEqual([
    'mark-dependency app',
    'mark-explicit lib',
  ])
  expect(marks('mark-explicit app', 'mark-dependency lib', 'unhold app')).toEqual([])
  expect(expectRejection(ask(packages, 'hold ghost')).code).toBe('PEI_RESOLVE_NOT_INSTALLED')
  expect(expectRejection(ask(packages, 'mark-explicit new')).code).toBe('PEI_RESOLVE_NOT_INSTALLED')
})

test('install of an installed dependency says that it is wanted for itself', () => {
  expect(marks('install lib')).toEqual(['mark-explicit lib'])
  expect(marks('install* lib')).toEqual([])
  expect(marks('install app')).toEqual([])
})

test('what is installed as a dependency is recorded as one; an upgrade keeps the reason', () => {
  const reasons = (...words: string[]) =>
    expectPlan(ask(packages, words)).steps.map(
      (step) => `${step.name} ${'reason' in step ? step.reason : ''}`,
    )
  expect(reasons('install* new')).toEqual(['extra dependency', 'new dependency'])
  expect(reasons('install new')).toEqual(['extra dependency', 'new explicit'])
  expect(reasons('install lib=2-1')).toEqual(['lib explicit'])
  expect(reasons('install* lib=2-1')).toEqual(['lib dependency'])
  expect(reasons('upgrade lib')).toEqual(['lib dependency'])
})

test('a hold keeps upgrades away, unless the package is named', () => {
  const universe = buildUniverse(REPOSITORIES, packages)
  const all = expectPlan(askIn(universe, 'upgrade'))
  expect(stepsOf(universe, all)).toEqual(['upgrade lib 1-1 -> 2-1 [official]'])
  expect(all.keptBack).toMatchObject([{ name: 'kept', why: 'held' }])
  expect(stepsOf(universe, expectPlan(askIn(universe, 'upgrade kept')))).toEqual([
    'upgrade kept 1-1 -> 2-1 [official]',
  ])
  // A job that only marks names nothing that may move.
  const held = askIn(universe, ['upgrade', 'mark-dependency kept'])
  expect(stepsOf(universe, expectPlan(held))).toEqual(['upgrade lib 1-1 -> 2-1 [official]'])
})

test('every plan names what a hold kept it from moving', () => {
  const shapes: readonly PackageDescription[] = [
    { name: 'lib', from: 'installed', held: true },
    { name: 'lib', version: '2-1' },
    { name: 'app', needs: ['lib'] },
    { name: 'app', version: '2-1', needs: ['lib >= 2-1'] },
    { name: 'bystander', from: 'installed', held: true },
    { name: 'bystander', version: '2-1' },
  ]
  const plan = expectPlan(ask(shapes, 'install app'))
  expect(plan.steps).toMatchObject([{ kind: 'install', name: 'app' }])
  expect(plan.keptBack).toMatchObject([{ name: 'lib', why: 'held' }])
  const refused = expectRejection(ask(shapes, 'install app=2-1'))
  expect(refused.explanation.join('\n')).toMatch(/lib .*held/)
  expect(expectPlan(ask(shapes, ['install app=2-1', 'install lib=2-1'])).keptBack).toEqual([])
})
