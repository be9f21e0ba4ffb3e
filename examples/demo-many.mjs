// A farm of several machines: a server, two workers of different platforms, a client that has a recipe built for both. One worker is
// killed in the middle; the log is observed live; the artifacts are fetched and verified, the packages installed.
// `--keep` leaves the scratch directory.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, waitFor } from './demo/farm-server.mjs'
import { architecture } from './demo/recipes.mjs'
import { Interruption, openStage, seconds } from './demo/stage.mjs'
import { serve } from './demo/static-server.mjs'

const keep = process.argv.includes('--keep')
const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-demo-many-'))
const port = await freePort()
const remote = `http://127.0.0.1:${port}`
const stage = openStage(scratch, {
  PEIPKG_FARM_REMOTE: remote,
  PEIPKG_FARM_TOKEN_FILE: join(scratch, 'farm/admin.token'),
  // The upstream of the demo lies on this machine; workers fetch from there only when they are told so.
  GIT_ALLOW_PROTOCOL: 'file',
})
const { title, say, run, capture, start, times } = stage

/** This machine, and one that it stands in for: nothing in the demo is compiled. */
const here = architecture()
const elsewhere = here === 'aarch64' ? 'x86_64' : 'aarch64'
const linux = (name) => `linux-${name}`

try {
  await demo()
} catch (error) {
  console.error(`\ndemo: ${error.message}`)
  process.exitCode = error instanceof Interruption ? error.exitCode : 1
} finally {
  await stage.end()
  if (keep) console.log(`\nkept ${scratch}`)
  else rmSync(scratch, { recursive: true, force: true })
}

async function demo() {
  say(`Everything happens below ${scratch}; that is where the commands run.`)

  title('An upstream, a recipe for two architectures, a key, a repository')
  writeUpstream()
  await run('git', ['init', '--quiet', '--initial-branch', 'main', 'upstream'])
  await run('git', ['-C', 'upstream', 'add', '--all'])
  await run('git', ['-C', 'upstream', 'commit', '--quiet', '--message', 'Greet'])
  await run('git', ['-C', 'upstream', 'tag', 'v1.0'])
  const fingerprint = (await capture('peipkg-build', ['keygen', '--out', 'key.pem'])).trim()
  await run('peipkg-repo', [
    'init',
    '--name',
    'demo',
    '--sign-key',
    'key.pem',
    '--out',
    'repository',
    ...now(),
  ])
  await run('cat', ['recipe/peipkg.toml', 'farm-etc/farm.toml'])

  title('The server')
  start('peipkg-farm', [
    'server',
    '--dir',
    'farm',
    '--config-dir',
    'farm-etc',
    '--listen',
    `127.0.0.1:${port}`,
  ])
  await waitFor(`${remote}/healthz`)
  writeFileSync(
    join(scratch, 'worker.token'),
    await capture('peipkg-farm', ['token', 'create', 'workers', '--scope', 'worker']),
  )

  title('Two workers')
  const first = worker('first', here)
  worker('second', elsewhere)
  await until(['workers'], (text) => text.includes('first') && text.includes('second'))

  title('A client has the recipe built for both')
  const submitted = await capture('peipkg-farm', [
    ...['schedule-recipe', 'greeting', 'recipe', '--version', '1.0-1'],
    ...['--source', `git+file://${scratch}/upstream#refs/tags/v1.0`],
  ])
  const uuids = submitted.trim().split('\n')
  await killInTheMiddle(uuids, first)
  for (const uuid of uuids) await run('peipkg-farm', ['observe', uuid])

  title('What came out: fetched, and compared with what the farm says')
  for (const uuid of uuids) {
    await run('peipkg-farm', ['inspect', uuid])
    await run('peipkg-farm', ['artifacts', uuid, '--output', `fetched/${uuid}`])
  }
  await run('peipkg-farm', ['export', uuids[0], 'first.record'])
  await run('peipkg-farm', ['inspect', 'first.record', '--console'])
  await consume(fingerprint)
  await run('peipkg-farm', ['info'])
  summary()
}

/** Observed live; when its first half is done, the machine of its worker goes away, and comes back. */
async function killInTheMiddle(uuids, first) {
  const mine = await onPlatform(uuids, linux(here))
  await until(['log', mine], (text) => text.includes('half'))
  say('\nkill -9: the worker that builds it is gone, and with it the build')
  first.kill('SIGKILL')
  say('another one of the same platform takes the job as soon as the server misses it')
  worker('third', here)
}

async function onPlatform(uuids, platform) {
  for (const uuid of uuids) {
    const { execution } = JSON.parse(
      await capture('peipkg-farm', ['inspect', uuid, '--json'], { quiet: true }),
    )
    if (execution.platform === platform) return uuid
  }
  throw new Error(`nothing was made for ${platform}`)
}

async function consume(fingerprint) {
  title('Published, signed by the server, installed')
  await run('peipkg-repo', ['verify', '--repo', 'repository'])
  const server = await serve(join(scratch, 'repository'))
  try {
    mkdirSync(join(scratch, 'root'))
    const anchor = ['--anchor', fingerprint.replaceAll(' ', ''), '--insecure']
    await run('peipkg', ['--root', 'root', 'repo', 'add', 'farm', server.url, ...anchor])
    await run('peipkg', ['--root', 'root', 'install', 'greeting', '--yes'])
    await run('root/usr/bin/greeting', [])
    await run('peipkg', ['--root', 'root', 'search', 'greeting'])
  } finally {
    server.close()
  }
}

function worker(name, itsArchitecture) {
  return start('peipkg-farm', [
    ...['worker', linux(itsArchitecture), '--name', name, '--architecture', itsArchitecture],
    ...['--token-file', 'worker.token', '--dir', `jobs-${name}`],
  ])
}

/** Asks the farm until it says so. */
async function until(args, says) {
  for (let tries = 0; tries < 300; tries++) {
    const text = await capture('peipkg-farm', args, { quiet: true })
    if (says(text)) {
      await run('peipkg-farm', args)
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`peipkg-farm ${args.join(' ')} never said what was expected`)
}

function writeUpstream() {
  for (const directory of ['upstream', 'recipe', 'farm-etc']) mkdirSync(join(scratch, directory))
  const write = (path, text) => writeFileSync(join(scratch, path), text)
  write('.gitconfig', '[user]\nname = Upstream\nemail = upstream@example.org\n')
  write('upstream/greeting', "#!/bin/sh\necho 'hello from a farm'\n")
  const stanza = (name, its, file) => `
[[package]]
name = "${name}"
architecture = "${its}"
description = "Greets whoever runs it"
files = ["${file}"]
`
  const other = `usr/lib/${elsewhere}-linux-peios/greeting`
  write(
    'recipe/peipkg.toml',
    `[meta]\nlicense = "MIT"\nbuild_script = "build.sh"\n${stanza('greeting', here, 'usr/bin/greeting')}${stanza('greeting-elsewhere', elsewhere, other)}`,
  )
  write(
    'recipe/build.sh',
    `set -eu
for step in 1 2 3 4 5 6 7 8; do
  echo "step $step of 8"
  [ "$step" != 4 ] || echo 'half of it is done'
  sleep 0.5
done
case $PEIPKG_ARCHITECTURE in
${here}) to=usr/bin/greeting ;;
*) to=${other} ;;
esac
install -D -m 755 "$SOURCE_DIR/greeting" "$DESTDIR/$to"
`,
  )
  write(
    'farm-etc/farm.toml',
    `id = "demo-farm"\n\n[publish]\nrepo = "${scratch}/repository"\nsign_key = "${scratch}/key.pem"\n`,
  )
}

function summary() {
  const acts = times()
  title('Done')
  const width = Math.max(...acts.map((act) => act.title.length))
  for (const act of acts) say(`  ${act.title.padEnd(width)}  ${seconds(act.milliseconds).padStart(8)}`)
  const { packages } = JSON.parse(readFileSync(join(scratch, 'repository/index/archive.json'), 'utf8'))
  say(`\n  published: ${packages.map(({ name, architecture: its }) => `${name} (${its})`).join(', ')}`)
}

function now() {
  return ['--timestamp', new Date().toISOString().replace(/\.\d+Z$/, 'Z')]
}
