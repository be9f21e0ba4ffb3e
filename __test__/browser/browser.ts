/** Chromium, where it is installed; nothing is downloaded. */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'

/** Its path; undefined when there is none. */
export const browserPath = find()

/** Where the pictures go that the tests take. */
export const pictures = fileURLToPath(new URL('../../target/screenshots', import.meta.url))

export async function openBrowser(): Promise<Browser> {
  mkdirSync(pictures, { recursive: true })
  return await chromium.launch({ executablePath: browserPath as string, args: ['--no-sandbox'] })
}

function find(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const paths = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((path) => names.map((name) => join(path, name)))
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
