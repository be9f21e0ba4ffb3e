import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runSideEffects } from '../../ts/operations/side-effects.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
  mkdirSync(join(root, 'usr/bin'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

/** The root's own mandb: the one tool that is looked for below a root. */
function installTool(script: string): void {
  writeFileSync(join(root, 'usr/bin/mandb'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(root, 'usr/bin/mandb'), 0o755)
}

async function run(timeLimit?: number) {
  const done: string[] = []
  const owed = [{ id: 'man-db', versions: [] }]
  const report = await runSideEffects(root, owed, (id) => done.push(id), timeLimit)
  expect(done).toEqual(['man-db'])
  return report
}

test('a tool runs with exactly this environment, without input, and with the pages of its root', async () => {
  process.env.SECRET_OF_THE_CALLER = '1'
  installTool(`
    tr '\\0' '\\n' < /proc/$$/environ | sort > ${root}/environment
    echo "$@" > ${root}/parameters
    readlink /proc/$$/fd/0 > ${root}/stdin
    pwd > ${root}/directory`)
  expect(await run()).toEqual({ warnings: [], notes: [] })
  const read = (name: string) => readFileSync(join(root, name), 'utf8').trim()
  expect(read('environment')).toBe('LANG=C\nLC_ALL=C\nPATH=/usr/bin')
  expect(read('parameters')).toBe(`-q ${root}/usr/share/man`)
  expect(read('stdin')).toBe('/dev/null')
  expect(read('directory')).toBe('/')
})

test('a failure is a warning that says how to run it again', async () => {
  installTool('echo first >&2; echo "no space left" >&2; exit 3')
  expect(await run()).toEqual({
    warnings: [
      `side effect man-db failed: it ended with 3: no space left (run it again with: ${root}/usr/bin/mandb -q ${root}/usr/share/man)`,
    ],
    notes: [],
  })
})

test('the time limit ends the tool and what it started', async () => {
  installTool(`(sleep 1; touch ${root}/survived) & sleep 60`)
  const { warnings } = await run(200)
  expect(warnings[0]).toContain('it was ended after 0.2 s')
  await new Promise((resolve) => setTimeout(resolve, 1200))
  expect(existsSync(join(root, 'survived'))).toBe(false)
})

test('below a root without mandb the index is skipped, with a note', async () => {
  const { warnings, notes } = await run()
  expect(warnings).toEqual([])
  expect(notes).toEqual([`side effect man-db was skipped: ${root} has no mandb of its own`])
})

test('depmod runs once for each kernel; what is absent or unknown is a warning', async () => {
  const done: unknown[] = []
  const owed = [
    { id: 'depmod', versions: ['6.1.0', '6.2.0'] },
    { id: 'unheard-of', versions: [] },
  ]
  const { warnings } = await runSideEffects(join(root, 'none'), owed, (...cleared) => done.push(cleared))
  expect(done).toEqual([
    ['depmod', '6.1.0'],
    ['depmod', '6.2.0'],
    ['unheard-of', undefined],
  ])
  expect(warnings).toHaveLength(3)
  expect(warnings[1]).toMatch(/side effect depmod 6\.2\.0 failed: .*depmod -b \S+\/none 6\.2\.0\)$/)
})
