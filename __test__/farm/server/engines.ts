/** The suite of the server runs on every engine that this machine has. */
import { afterAll, beforeAll, describe } from 'vitest'
import { openPostgres, type Postgres, postgresPrograms } from './postgres.ts'
import { openWorld, type World, type WorldRequest } from './world.ts'

/** One server an engine for all tests of a file: they use platforms of their own. `request`: a function makes one for each engine. */
export function onEveryEngine(
  title: string,
  request: WorldRequest | (() => Promise<WorldRequest>),
  tests: (world: () => World) => void,
): void {
  const programs = postgresPrograms()
  for (const kind of ['pglite', ...(programs === undefined ? [] : ['postgresql'])]) {
    describe(`${title} on ${kind}`, () => {
      let world: World
      let postgres: Postgres | undefined
      beforeAll(async () => {
        if (kind === 'postgresql' && programs !== undefined) postgres = await openPostgres(programs)
        const asked = typeof request === 'function' ? await request() : request
        world = await openWorld({ ...asked, database: postgres?.create('farm') })
      })
      afterAll(async () => {
        await world?.close()
        await postgres?.close()
      })
      tests(() => world)
    })
  }
}
