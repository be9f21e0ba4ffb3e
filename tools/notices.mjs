// THIRD-PARTY-NOTICES: whose software a published package contains, under which licence, and that licence's text. The same bytes
// from the same lock files, whatever else the machine has.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

export const noticesFile = 'THIRD-PARTY-NOTICES'

const kept = (name) => readFileSync(`${root}packaging/notices/${name}.txt`, 'utf8')

/**
 * A component is { name, licence, texts }, of which `name` has its version. Equal texts stand there once.
 */
export function noticesText(title, components) {
  const byText = new Map()
  for (const { name, texts } of components) {
    for (const text of new Set(texts)) byText.set(text, [...(byText.get(text) ?? []), name])
  }
  const list = components.map(({ name, licence }) => `  ${name}: ${licence}`)
  const sections = [...byText].map(([text, names]) => `${'='.repeat(78)}\n${names.join(', ')}\n\n${text}\n`)
  return [`${title}\n\n${list.join('\n')}\n`, ...sections].join('\n')
}

/**
 * The texts that `licence`, an SPDX expression, asks for, out of the directory of a package. Where MIT may be chosen it is, and the
 * texts of the others are left out. `holder` is who has the copyright where the package brings no text at all.
 */
export function licenceTexts(directory, licence, holder) {
  const names = readdirSync(directory)
    .filter((name) => /^(licen[cs]e|copying|notice|copyright)/i.test(name))
    .sort()
  const chosen = /\bMIT\b/.test(licence)
    ? names.filter((name) => !/apache|unlicense|zlib/i.test(name))
    : names
  const texts = chosen.map((name) => plain(readFileSync(join(directory, name), 'utf8')))
  if (texts.length > 0) return texts
  if (licence !== 'MIT' || !holder)
    throw new Error(`${directory}: there is no text of its licence, ${licence}`)
  return [mit(`Copyright (c) ${holder}`)]
}

export const mit = (copyright) => plain(`MIT License\n\n${copyright}\n\n${kept('mit')}`)

export const postgresql = () => plain(kept('postgresql'))

/** Without what surrounds it; the first line stays indented. */
const plain = (text) =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/^(\s*\n)+/, '')
    .trimEnd()
