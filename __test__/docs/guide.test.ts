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
const pages = ['docs/guide', 'docs/farm'].flatMap((directory) =>
  readdirSync(join(project, directory))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${directory}/${name}`),
)

test.each(['README.md', ...pages])('%s', {
  timeout: 240_000,
}, async (name) => {
  const path = join(project, name)
  const parts = readPage(readFileSync(path, 'utf8'))
  await expect(writePage(await perform(parts))).toMatchFileSnapshot(path)
})
