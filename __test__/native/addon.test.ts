import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { problemsOf } from '../../tools/addon.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const built = readdirSync(root).filter((name) => /^peipkg\..*-gnu\.node$/.test(name))

it.each(built)('%s is small, needs only libc and libgcc_s, and runs with glibc 2.34', (name) => {
  expect(problemsOf(`${root}${name}`)).toEqual([])
})
