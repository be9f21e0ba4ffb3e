// The whole way on real software: the Node.js that runs this becomes two signed packages in a signed repository, which
// are installed, verified, damaged, upgraded and removed in a root of their own. `--keep` leaves the scratch directory.
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNode, findNpm } from './demo/node-installation.mjs'
import { architecture, collectNodeSource, fillRecipe, nodeDescription } from './demo/recipes.mjs'
import { Interruption, openStage, seconds } from './demo/stage.mjs'
import { serve } from './demo/static-server.mjs'

/** The file that the demo damages; revision 2 brings another one in its place. */
const victim = 'usr/share/doc/npm/PACKAGE'
const keep = process.argv.includes('--keep')
const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-demo-'))
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
  const node = findNode()
  const npm = findNpm(node.executable)
  say(
    `Node.js ${node.version} and npm ${npm.version}, as they are on this machine, become packages for ${architecture()}.`,
  )
  say(`Everything happens below ${scratch}; that is where the commands run.`)

  title('Make a signing key')
  const fingerprint = (await capture('peipkg-build', ['keygen', '--out', 'key.pem'])).trim()

  title('Build two packages from recipes')
  prepareRecipes(node)
  await build(node, npm, 1)
  await run('peipkg-build', ['inspect', packageFile('packages-1', 'npm')])

  title('Publish them to a fresh repository')
  await run('peipkg-repo', ['init', '--name', 'demo', ...signed(), '--out', 'repository'])
  await publish('packages-1')
  await run('peipkg-repo', ['verify', '--repo', 'repository'])

  const server = await serve(join(scratch, 'repository'))
  try {
    await consume(server, fingerprint, () => build(node, npm, 2))
  } finally {
    server.close()
  }
  summary(server.requests())
}

async function consume(server, fingerprint, buildAgain) {
  title('Trust the repository')
  say(`repository/ is now served at ${server.url}`)
  await run('mkdir', ['root'])
  const anchor = ['--anchor', fingerprint.replaceAll(' ', ''), '--insecure']
  await peipkg('repo', 'add', 'demo', server.url, ...anchor)
  await peipkg('search', 'node')

  title('Install npm, which brings nodejs')
  await peipkg('install', 'npm', '--yes')
  await peipkg('list')
  await run('root/usr/bin/node', ['--version'])
  await run('sh', ['-c', 'PATH="$PWD/root/usr/bin:$PATH" npm --version'])

  title('Verify, damage a file, verify again')
  await peipkg('verify')
  await run('sh', ['-c', `echo damaged >> root/${victim}`])
  await peipkg('owns', victim)
  await peipkgFails('verify')

  title('Publish revision 2 and upgrade')
  await buildAgain()
  await publish('packages-2')
  await peipkg('refresh')
  await peipkg('upgrade', '--yes')
  await peipkg('verify')

  title('Look back, and remove')
  await peipkg('history')
  await peipkg('remove', 'npm', 'nodejs', '--yes')
  await peipkg('list')
  say(`\nfiles left below root/usr: ${countFiles(join(scratch, 'root/usr'))}`)
}

function peipkg(...words) {
  return run('peipkg', ['--root', 'root', ...words])
}

function peipkgFails(...words) {
  return run('peipkg', ['--root', 'root', ...words], { expect: 1 })
}

function prepareRecipes(node) {
  const values = { ARCHITECTURE: architecture(), DESCRIPTION: nodeDescription(node) }
  fillRecipe('nodejs', join(scratch, 'recipes'), values)
  fillRecipe('npm', join(scratch, 'recipes'), values)
  collectNodeSource(node, join(scratch, 'node-source'))
}

/** Builds both packages into packages-<revision>. */
async function build(node, npm, revision) {
  const sources = [
    ['nodejs', 'node-source', node.version],
    ['npm', npm.library, npm.version],
  ]
  for (const [name, source, version] of sources) {
    const identity = ['--version', `${version}-${revision}`, '--source-ref', `installed:${name}@${version}`]
    const provenance = ['--farm-id', 'demo', ...signed(), '--build-env', `REVISION=${revision}`]
    const places = ['--recipe', `recipes/${name}`, '--source', source, '--out', `packages-${revision}`]
    await run('peipkg-build', ['build', ...places, ...identity, ...provenance])
  }
}

async function publish(directory) {
  const places = ['--in', 'repository', '--new', directory, '--out', 'repository']
  await run('peipkg-repo', ['publish', ...places, ...signed()])
}

/** What everything that is signed needs: the key, and now. */
function signed() {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  return ['--sign-key', 'key.pem', '--timestamp', now]
}

function packageFile(directory, name) {
  const files = readdirSync(join(scratch, directory))
  return join(directory, files.find((file) => file.startsWith(`${name}_`)) ?? '')
}

function summary(requests) {
  const acts = times()
  title('Done')
  const width = Math.max(...acts.map((act) => act.title.length))
  for (const act of acts) say(`  ${act.title.padEnd(width)}  ${seconds(act.milliseconds).padStart(8)}`)
  const total = acts.reduce((sum, act) => sum + act.milliseconds, 0)
  say(`  ${'in all'.padEnd(width)}  ${seconds(total).padStart(8)}\n`)
  for (const name of ['nodejs', 'npm']) {
    const file = packageFile('packages-1', name)
    say(`  ${file}: ${(statSync(join(scratch, file)).size / 2 ** 20).toFixed(1)} MiB`)
  }
  say(`  requests to the repository: ${requests}`)
}

function countFiles(directory) {
  if (!existsSync(directory)) return 0
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  ).length
}
