/**
 * Every example of the guide is executed, and shows what it really prints. A page that no longer does is written anew by
 * `npx vitest run __test__/docs -u`: then read the difference.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readPage, writePage } from './page.ts'
import { perform } from './session.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const guide = readdirSync(join(project, 'docs/guide')).filter((name) => name.endsWith('.md'))

test.each(['README.md', ...guide.map((name) => `docs/guide/${name}`)])('%s', {
  timeout: 240_000,
}, async (name) => {
  const path = join(project, name)
  const parts = readPage(readFileSync(path, 'utf8'))
  await expect(writePage(await perform(parts))).toMatchFileSnapshot(path)
})
