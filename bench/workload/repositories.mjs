// Publishes the packages with peipkg-repo, and prepares roots that trust the repository and hold its packages in their
// cache: what is measured is the installation, not the copying of packages.

import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { addon, runProgram } from './programs.mjs'

const TIMESTAMP = '2026-05-01T12:00:00Z'
const CACHE = 'var/lib/peipkg/cache'

/** Workloads whose packages lie in the cache when the command starts. */
const FETCHED = ['set1', 'set2', 'big', 'small']

export function createRepositories(cache, packages, scratch) {
  const repositories = new Map()
  const templates = new Map()

  /** The repository of a workload: set1, set2 (which holds both versions), big, small, universe or owned. */
  async function repository(name) {
    if (!repositories.has(name)) repositories.set(name, await makeRepository(name))
    return repositories.get(name)
  }

  async function makeRepository(name) {
    const from = await packages[name]()
    const base = name === 'set2' ? await repository('set1') : undefined
    return join(
      await cache.step(`repository-${name}`, { from, base }, async (made) => {
        const signed = ['--sign-key', await packages.key(), '--timestamp', TIMESTAMP]
        const out = join(made, 'repository')
        if (base === undefined) runProgram('peipkg-repo', 'init', '--name', 'bench', ...signed, '--out', out)
        runProgram('peipkg-repo', 'publish', '--in', base ?? out, '--new', from, ...signed, '--out', out)
      }),
      'repository',
    )
  }

  /** A root that trusts the repository and has its packages in the cache; made once in a run, to be copied. */
  async function template(name) {
    if (!templates.has(name)) templates.set(name, await makeTemplate(name))
    return templates.get(name)
  }

  async function makeTemplate(name) {
    const root = join(scratch, `template-${name}`)
    mkdirSync(root)
    const anchor = runProgram('peipkg-build', 'fingerprint', await packages.key()).replaceAll(/\s/g, '')
    const url = pathToFileURL(await repository(name)).href
    runProgram('peipkg', 'repo', 'add', 'bench', url, '--anchor', anchor, '--root', root)
    // Its index carries a fixed date, so that repositories of earlier runs serve again.
    appendFileSync(join(root, 'conf/peipkg/bench.repo'), 'max_index_age = "3650d"\n')
    const system = new addon.System(root)
    const from = await packages[name]()
    if (!FETCHED.includes(name)) return root
    for (const file of readdirSync(from)) await fillCache(system, join(from, file))
    return root
  }

  /** A root that is told to trust the repository at `url` and has fetched nothing. */
  async function configureRoot(root, url) {
    const anchor = runProgram('peipkg-build', 'fingerprint', await packages.key()).replaceAll(/\s/g, '')
    mkdirSync(join(root, 'conf/peipkg'), { recursive: true })
    const lines = [`base_url = "${url}"`, `trust_anchors = ["${anchor}"]`, 'allow_insecure_transport = true']
    writeFileSync(join(root, 'conf/peipkg/bench.repo'), `${lines.join('\n')}\n`)
  }

  /** A root as a user has it before the installation. */
  async function prepareRoot(name, root, { cached = true } = {}) {
    cpSync(await template(name), root, { recursive: true })
    if (!cached) rmSync(join(root, CACHE, 'packages'), { recursive: true })
  }

  /** Turns a root with the first version of the set into one that has fetched, but not installed, the second. */
  async function offerSecond(root) {
    const [before, after] = [await repository('set1'), await repository('set2')]
    const configuration = join(root, 'conf/peipkg/bench.repo')
    const text = readFileSync(configuration, 'utf8')
    writeFileSync(configuration, text.replace(pathToFileURL(before).href, pathToFileURL(after).href))
    runProgram('peipkg', 'refresh', '--root', root)
    cpSync(join(await template('set2'), CACHE), join(root, CACHE), { recursive: true })
  }

  return {
    repository,
    configureRoot,
    prepareRoot,
    offerSecond,
    close: () => rmSync(scratch, { recursive: true, force: true }),
  }
}

async function fillCache(system, path) {
  const { size } = statSync(path)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  const writer = system.createCacheFile(hash.digest('hex'), size)
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) writer.write(chunk)
  writer.finish()
}
