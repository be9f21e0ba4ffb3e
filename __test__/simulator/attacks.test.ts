/**
 * The table of attacks on a consumer: each is rejected with its reason, leaves every byte of the state before, and does
 * not touch the other repository.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Attack, type AttackStock, refreshing } from './attacks/attack.ts'
import { ceremonyAttacks } from './attacks/ceremony.ts'
import { indexAttacks } from './attacks/indexes.ts'
import { machineAttacks } from './attacks/machine.ts'
import { packageAttacks } from './attacks/packages.ts'
import { transportAttacks } from './attacks/transport.ts'
import { trustAttacks } from './attacks/trust.ts'
import { buildPackage } from './packages.ts'
import { render } from './publication.ts'
import { users } from './users.ts'
import { initial, keys, now, openWorld, stateOf } from './world.ts'

let stock: AttackStock
beforeAll(async () => {
  const app = { name: 'app', version: '1-1' }
  stock = {
    victim: [await buildPackage(app, keys.victim)],
    other: [await buildPackage({ name: 'tool', version: '1-1' }, keys.other)],
    unsigned: await buildPackage(app, null),
    byAttacker: await buildPackage(app, keys.attacker),
    byOther: await buildPackage(app, keys.other),
    bySecond: await buildPackage(app, keys.second),
    large: await buildPackage({ ...app, ballast: randomBytes(300_000) }, keys.victim),
    newer: await buildPackage({ name: 'app', version: '2-1' }, keys.victim),
  }
})

const table: Readonly<Record<string, readonly Attack[]>> = {
  indexes: indexAttacks,
  'keys and descriptors': trustAttacks,
  transport: transportAttacks,
  packages: packageAttacks,
  'this machine': machineAttacks,
  'the first contact': ceremonyAttacks,
}

test('the table has at least sixty attacks, each by a name of its own', () => {
  const names = Object.values(table).flatMap((attacks) => attacks.map(({ name }) => name))
  expect(names.length).toBeGreaterThanOrEqual(60)
  expect(new Set(names).size).toBe(names.length)
})

for (const user of users) {
  describe(`as ${user.name}`, () => {
    beforeAll(user.become)
    afterAll(user.leave)
    for (const [kind, attacks] of Object.entries(table)) {
      describe(kind, () => {
        test.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_, attack) => {
          const world = await openWorld(stock)
          try {
            await attack.prepare(world, stock)
            const before = stateOf(world)
            expect(await (attack.act ?? refreshing)(world)).toMatch(attack.ends)
            if (attack.mayAdopt !== true) expect(stateOf(world)).toBe(before)
            expect(world.system.listPackages()).toEqual([])
            const other = initial('other', keys.other, stock.other)
            world.other.files = render({ ...other, version: 6, generatedAt: now - 60 })
            expect((await world.refresh('other')).outcome).toBe('adopted')
          } finally {
            await world.close()
          }
        })
      })
    }
  })
}
