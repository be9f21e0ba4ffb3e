// A build farm from end to end: an upstream that tags its releases, peipkg-manager that builds and publishes them, and a
// consumer who installs and upgrades what came out, and makes it again to see. `--keep` leaves the scratch directory.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillRecipe } from './demo/recipes.mjs'
import { Interruption, openStage, seconds } from './demo/stage.mjs'
import { serve } from './demo/static-server.mjs'

const gitConfiguration = `[user]
name = Upstream
email = upstream@example.org
[advice]
detachedHead = false
`
const keep = process.argv.includes('--keep')
const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-demo-farm-'))
const { title, say, run, capture, times } = openStage(scratch)

try {
  await demo()
} catch (error) {
  console.error(`\ndemo: ${error.message}`)
  process.exitCode = error instanceof Interruption ? error.exitCode : 1
} finally {
  if (keep) console.log(`\nkept ${scratch}`)
  else rmSync(scratch, { recursive: true, force: true })
}

async function demo() {
  say(`Everything happens below ${scratch}; that is where the commands run.`)

  // The scratch directory is the home of all commands.
  writeFileSync(join(scratch, '.gitconfig'), gitConfiguration)

  title('An upstream with two releases')
  await run('git', ['init', '--quiet', '--initial-branch', 'main', 'upstream'])
  await release('1.0', 'hello')
  await release('1.1', 'hello, world')

  title('A farm that watches it')
  const fingerprint = (await capture('peipkg-build', ['keygen', '--out', 'key.pem'])).trim()
  fillRecipe('greeting', join(scratch, 'recipes'), { UPSTREAM: join(scratch, 'upstream') })
  writeFileSync(join(scratch, 'farm.toml'), configuration())
  await run('cat', ['farm.toml', 'recipes/greeting/peipkg.toml'])
  await run('peipkg-build', ['lint', 'recipes/greeting'])
  await run('peipkg-manager', ['--config', 'farm.toml', '--check'])

  title('One round: poll, build, publish')
  await farm()
  await run('peipkg-repo', ['verify', '--repo', 'state/repo'])

  const server = await serve(join(scratch, 'state/repo'))
  try {
    await consume(server, fingerprint)
  } finally {
    server.close()
  }
  summary(server.requests())
}

async function consume(server, fingerprint) {
  title('A consumer installs what came out')
  say(`state/repo/ is now served at ${server.url}`)
  mkdirSync(join(scratch, 'root'))
  const anchor = ['--anchor', fingerprint.replaceAll(' ', ''), '--insecure']
  await peipkg('repo', 'add', 'farm', server.url, ...anchor)
  await peipkg('install', 'greeting', '--yes')
  await run('root/usr/bin/greeting', [])

  title('Is it what the tag says? Built again, byte for byte')
  await run('git', ['clone', '--quiet', '--branch', 'v1.1', 'upstream', 'source'])
  const published = 'state/repo/p/greeting/1.1-1/greeting_1.1-1_noarch.peipkg'
  await run('peipkg-build', ['reproduce', published, '--recipe', 'recipes/greeting', '--source', 'source'])

  title('Another release, another round')
  await release('2.0', 'good morning')
  await farm()
  await peipkg('refresh')
  await peipkg('upgrade', '--yes')
  await run('root/usr/bin/greeting', [])
  await peipkg('history')
  await run('cat', ['state/history.jsonl'])
}

/** Commits a greeting and tags it. */
async function release(version, text) {
  writeFileSync(join(scratch, 'upstream/greeting'), `#!/bin/sh\necho '${text}'\n`)
  await run('git', ['-C', 'upstream', 'add', 'greeting'])
  await run('git', ['-C', 'upstream', 'commit', '--quiet', '--message', `Say ${text}`])
  await run('git', ['-C', 'upstream', 'tag', '--annotate', '--message', version, `v${version}`])
}

function farm() {
  return run('peipkg-manager', ['--config', 'farm.toml', '--once'])
}

function configuration() {
  return `[manager]
id = "demo-farm"
recipes_dir = "${scratch}/recipes"
state_dir = "${scratch}/state"

[repo]
name = "demo"

[signing]
key_file = "${scratch}/key.pem"

[poll]
default_interval = "1h"
`
}

function peipkg(...words) {
  return run('peipkg', ['--root', 'root', ...words])
}

function summary(requests) {
  const acts = times()
  title('Done')
  const width = Math.max(...acts.map((act) => act.title.length))
  for (const act of acts) say(`  ${act.title.padEnd(width)}  ${seconds(act.milliseconds).padStart(8)}`)
  const { packages } = JSON.parse(readFileSync(join(scratch, 'state/repo/index/archive.json'), 'utf8'))
  say(`\n  published: ${packages.map(({ name, version }) => `${name} ${version}`).join(', ')}`)
  say(`  requests to the repository: ${requests}`)
}
