/** nginx as the pages of the farm guide show it, in a directory of its own. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { readPage } from './page.ts'

const guide = fileURLToPath(new URL('../../docs/farm/', import.meta.url))

/** The server that a page shows. */
export function serverOf(page: string): string {
  const parts = readPage(readFileSync(join(guide, page), 'utf8'))
  const found = parts.flatMap((part) => (part.kind === 'block' && part.language === 'nginx' ? [part] : []))
  expect(found).toHaveLength(1)
  return found.map(({ lines }) => lines.join('\n')).join('\n')
}

/** Writes the whole configuration around the server, with the places of a test for those of the page; the arguments for nginx. */
export function configure(
  directory: string,
  block: string,
  places: Readonly<Record<string, string>>,
): readonly string[] {
  let text = block
  for (const [shown, ours] of Object.entries(places)) {
    expect(text).toContain(shown)
    text = text.replaceAll(shown, ours)
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join('\n')
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  writeFileSync(
    join(directory, 'nginx.conf'),
    `${user} daemon off; worker_processes 1; pid ${directory}/pid;
events {}
http {
${temporary}
access_log off;
error_log ${directory}/error.log;
${text}
}
`,
  )
  return ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr']
}
