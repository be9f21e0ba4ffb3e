// What installing costs: `npm install -g peipkg` from a registry on loopback into an empty prefix, without anything that npm kept; the
// bytes that it moved; and what the installed programs take to start, beside Node.js alone.
//   node bench/ship/run.mjs [runs]
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolsOf } from '../../tools/registry/parts.mjs'
import { emptyPrefix } from '../../tools/registry/prefix.mjs'
import { openPublished } from '../../tools/registry/published.mjs'
import { measure } from '../measure/command.mjs'

const runs = Number(process.argv[2] ?? 5)
/** Of a start, so that milliseconds can be told apart. */
const starts = 20
const versions = ['this', '22', '24']

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-bench-ship-'))
let registry
try {
  registry = await openPublished(scratch)
  for (const version of versions) await measureOn(version)
} finally {
  registry?.close()
  rmSync(scratch, { recursive: true })
}

async function measureOn(version) {
  const prefixes = []
  try {
    const installs = []
    for (let run = 0; run <= runs; run += 1) {
      const prefix = emptyPrefix({ registry: registry.url, ...toolsOf(version) })
      prefixes.push(prefix)
      installs.push(await within(prefix, 'npm install --global peipkg'))
    }
    await registry.served()
    const [prefix] = prefixes
    const said = prefix.run('node', ['--version']).stdout.trim()
    const bare = join(scratch, 'empty.cjs')
    writeFileSync(bare, '')
    const commands = {
      'node, an empty file': `node ${bare}`,
      'peipkg --version': 'peipkg --version',
      'peipkg list': 'peipkg list --root .',
    }
    const samples = Object.fromEntries(Object.keys(commands).map((title) => [title, []]))
    for (let run = 0; run < runs; run += 1) {
      for (const [title, command] of Object.entries(commands))
        samples[title].push(await startsOf(prefix, command))
    }
    // The first one fills the disk's cache.
    const warm = installs.slice(1)
    console.log(`${said}  npm install -g peipkg: ${seconds(warm, 'wall')} s, CPU ${seconds(warm, 'cpu')} s`)
    for (const [title, of] of Object.entries(samples)) {
      console.log(
        `${said}  ${title}: CPU ${((median(of.map(({ cpu }) => cpu)) / starts) * 1000).toFixed(1)} ms`,
      )
    }
  } finally {
    for (const prefix of prefixes) prefix.remove()
  }
}

function startsOf(prefix, command) {
  return within(prefix, `for i in ${Array(starts).fill(0).join(' ')}; do ${command}; done`)
}

function within(prefix, script) {
  const environment = Object.entries(prefix.environment).map(([name, value]) => `${name}=${value}`)
  return measure(['env', '-i', ...environment, 'sh', '-c', script], { cwd: prefix.work, scratch })
}

function seconds(samples, of) {
  return median(samples.map((sample) => sample[of])).toFixed(2)
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}
