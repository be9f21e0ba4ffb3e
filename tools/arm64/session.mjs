// A user's day, by the built command line on Node.js for 64-bit Arm: install, verify, upgrade, undo.
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CC, QEMU } from './machine.mjs'
import { userIn } from './user.mjs'

/** Returns how many of its steps went as they should. The first that does not is the last. */
export async function runSession(addon, node) {
  const scratch = mkdtempSync(join(tmpdir(), 'peipkg-arm64-'))
  try {
    const steps = Object.entries(stepsOf(userIn(scratch, addon, node)))
    for (const [index, [name, step]] of steps.entries()) {
      const problem = await step()
      console.log(problem === undefined ? `ok   ${name}` : `FAIL ${name}: ${problem}`)
      if (problem !== undefined) return { passed: index, failed: steps.length - index }
    }
    return { passed: steps.length, failed: 0 }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Each returns what is wrong, or nothing. */
function stepsOf(user) {
  const { at, program, peipkg, agreeing } = user
  const verified = () => ends(peipkg('verify'), 0)
  /** What is installed is a program for this processor. */
  const says = (expected) => {
    const { stdout } = spawnSync(QEMU, [at('root/usr/bin/speak')], { encoding: 'utf8' })
    return stdout === expected ? undefined : `the installed program says ${JSON.stringify(stdout)}`
  }
  let anchor = ''
  return {
    'the addon loads': () => ends(program('peipkg', '--version'), 0),
    'a key and a repository are made': () => {
      const made = program('peipkg-build', 'keygen', '--out', 'key.pem')
      anchor = made.text.replaceAll(/\s/g, '')
      const init = ['init', '--name', 'arm', ...signed(), '--out', 'repository']
      return first(ends(made, 0), ends(program('peipkg-repo', ...init), 0))
    },
    'a package is made and published': () => publish(user, '1.0-1'),
    'the repository is trusted': () => {
      mkdirSync(at('root'))
      return ends(peipkg('repo', 'add', 'arm', `file://${at('repository')}`, '--anchor', anchor), 0)
    },
    install: () => first(ends(peipkg('install', '--yes', 'speak'), 0), says('speak 1.0-1\n')),
    'the package is for this processor': () => ends(peipkg('info', 'speak'), 0, 'aarch64'),
    verify: verified,
    'verify finds damage, reinstall mends it': () => {
      appendFileSync(at('root/usr/share/speak/text'), 'damaged')
      const mended = () => ends(peipkg('reinstall', '--yes', 'speak'), 0)
      return first(ends(peipkg('verify'), 1), mended(), verified())
    },
    upgrade: () => {
      const upgraded = () => ends(peipkg('upgrade', '--yes'), 0)
      return first(publish(user, '2.0-1'), ends(peipkg('refresh'), 0), upgraded(), says('speak 2.0-1\n'))
    },
    'undo, which asks whether to go backward': async () =>
      first(ends(await agreeing('undo'), 0), says('speak 1.0-1\n'), verified()),
    'remove leaves nothing of it': () => {
      const removed = ends(peipkg('remove', '--yes', 'speak'), 0)
      const left = ['usr/bin/speak', 'usr/share/speak'].filter((path) => existsSync(at('root', path)))
      return first(removed, left.length > 0 ? `still there: ${left}` : undefined)
    },
    'the audit log is whole': () => ends(peipkg('audit', 'verify'), 0),
  }
}

const first = (...problems) => problems.find((problem) => problem !== undefined)

function ends({ code, text }, expected, contained = '') {
  if (code === expected && text.includes(contained)) return undefined
  return `exit code ${code}, ${expected} and ${JSON.stringify(contained)} were expected:\n${text}`
}

const signed = () => ['--sign-key', 'key.pem', '--timestamp', `${new Date().toISOString().slice(0, 19)}Z`]

function publish({ at, program }, version) {
  stage(at(`staged-${version}`), version)
  mkdirSync(at(`new-${version}`))
  const input = ['--manifest', `staged-${version}/manifest.json`, '--staged', `staged-${version}/payload`]
  const out = ['--out', `new-${version}/speak_${version}_aarch64.peipkg`, '--sign-key', 'key.pem']
  const places = ['--in', 'repository', '--new', `new-${version}`, '--out', 'repository']
  const packed = program('peipkg-build', 'pack', ...input, ...out)
  return first(ends(packed, 0), ends(program('peipkg-repo', 'publish', ...places, ...signed()), 0))
}

/** A real program for this processor, a text, and the manifest. */
function stage(place, version) {
  const file = (path, content) => {
    mkdirSync(dirname(join(place, path)), { recursive: true })
    writeFileSync(join(place, path), content)
  }
  file('speak.c', `#include <stdio.h>\nint main(void) { return puts("speak ${version}") < 0; }\n`)
  file('payload/usr/share/speak/text', `${version}\n`)
  mkdirSync(join(place, 'payload/usr/bin'))
  execFileSync(CC, ['-o', 'payload/usr/bin/speak', 'speak.c'], { cwd: place })
  const manifest = {
    ...{ name: 'speak', version, architecture: 'aarch64', description: 'Says its version', license: 'MIT' },
    homepage: 'https://example.org/',
    build: { timestamp: '2026-05-01T12:00:00Z', farm_id: 'test', source_ref: 'test' },
  }
  file('manifest.json', JSON.stringify(manifest))
}
