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

const guide = fileURLToPath(new URL('../../docs/guide', import.meta.url))

test.each(readdirSync(guide).filter((name) => name.endsWith('.md')))('%s', async (name) => {
  const path = join(guide, name)
  const parts = readPage(readFileSync(path, 'utf8'))
  await expect(writePage(await perform(parts))).toMatchFileSnapshot(path)
})
