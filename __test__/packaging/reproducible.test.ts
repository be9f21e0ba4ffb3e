import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const project = fileURLToPath(new URL('../../', import.meta.url))

test('tarballs that are built and packed somewhere else are the same, byte for byte', () => {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-reproducible-'))
  try {
    const copy = join(scratch, 'another place')
    for (const name of filesOf(project)) {
      mkdirSync(dirname(join(copy, name)), { recursive: true })
      cpSync(join(project, name), join(copy, name))
    }
    symlinkSync(realpathSync(join(project, 'node_modules')), join(copy, 'node_modules'))
    // Another umask, time zone and directory for what is temporary; what is compiled by Rust has a proof of its own.
    const environment = { TZ: 'Asia/Tokyo', TMPDIR: scratch }
    const build = `umask 077 && node tools/build.mjs ts && node tools/pack.mjs ../there --addons '${project}'`
    execFileSync('sh', ['-c', build], { cwd: copy, env: { ...process.env, ...environment }, stdio: 'pipe' })
    execFileSync('node', ['tools/pack.mjs', join(scratch, 'here')], { cwd: project, stdio: 'pipe' })
    const sums = (name: string) => readFileSync(join(scratch, name, 'SHA256SUMS'), 'utf8')
    expect(sums('there')).toBe(sums('here'))
  } finally {
    rmSync(scratch, { recursive: true })
  }
}, 600_000)

/** What git knows, and what it would: the tree as it is now. */
function filesOf(directory: string): readonly string[] {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z']
  const names = execFileSync('git', list, { cwd: directory, encoding: 'utf8' }).split('\0')
  return names.filter(
    (name) =>
      /^(bin|packaging|tools|ts)\/|^[^/]+$|THIRD-PARTY-NOTICES$/.test(name) && !name.endsWith('.node'),
  )
}
