/** One page of the guide as one session on a terminal, in a fresh home directory, with a root of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../manager/free-port.ts'
import { placeKey, prepareFarm, takeWebhooks } from './farm.ts'
import { killChange } from './interrupt.ts'
import { type Example, type Part, readExamples, writeExample } from './page.ts'
import { publish, writePackage } from './publications.ts'
import { type Places, shown } from './shown.ts'
import { certificate, openSite, type Site } from './site.ts'
import { runOnTerminal } from './terminal.ts'

const programs = fileURLToPath(new URL('../../bin', import.meta.url))

interface Session extends Places {
  readonly site: Site
  readonly always: string[]
  /** Ports of the page, and those that stand for them here. */
  readonly ports: Map<string, string>
  /** What all commands from here on find in their environment. */
  readonly environment: Record<string, string>
  /** Groups of processes that run until the end of the page. */
  readonly background: ChildProcess[]
  /** The exit code of the last command. */
  code: number
}

/** What is done with the block that follows a comment. */
type Doing = 'run' | 'parse' | 'skip' | 'background'

/** The same page with what its commands print now. */
export async function perform(parts: readonly Part[]): Promise<readonly Part[]> {
  const session = await openSession()
  try {
    const performed: Part[] = []
    let skip: Doing = 'run'
    for (const part of parts) {
      if (part.kind === 'comment') skip = await obey(part.words, session)
      const isExample = part.kind === 'block' && skip === 'run'
      if (part.kind === 'block' && skip === 'parse') await parseBlock(part)
      if (part.kind === 'block' && skip === 'background') startScript(part.lines.join('\n'), session)
      performed.push(isExample ? await performBlock(part, session) : part)
      if (part.kind === 'block') skip = 'run'
    }
    return performed
  } finally {
    await endBackground(session)
    await session.site.close()
    rmSync(session.directory, { recursive: true })
  }
}

async function openSession(): Promise<Session> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-guide-'))
  const [root, home, bin] = ['root', 'home', 'bin'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [join(root, 'etc'), home, bin]) mkdirSync(path, { recursive: true })
  // In the page the root is /, and so the commands do not name it.
  writeFileSync(
    join(bin, 'peipkg'),
    `#!/bin/sh
for word; do case $word in --root*) exec "${process.execPath}" "${programs}/peipkg" "$@";; esac; done
exec "${process.execPath}" "${programs}/peipkg" --root "${root}" "$@"
`,
    { mode: 0o755 },
  )
  return {
    directory,
    root,
    home,
    site: await openSite(join(directory, 'site')),
    always: [],
    ports: new Map(),
    environment: {},
    background: [],
    code: 0,
  }
}

/**
 * `publish NAME` publishes what publications.ts has by that name; `package NAME VERSION` writes a package into the home
 * directory; `reference` leaves the reference implementation's database
 * in the place of ours; `key FILE` puts the signing key of the tests there; `kill VERB NAME` kills that change in the middle; `always TEXT` says that the numbers in
 * that text differ from run to run, but for 0; `elsewhere TEST` leaves the next block to that test; `untested` has the next
 * block parsed only: it needs an account, a domain or the Internet. `farm DIRECTORY` makes a farm in the home directory,
 * `http` and `webhooks` give it a server; `port PORT` has another port stand for that one. `background` starts the next block and
 * goes on, until the page ends; `environment NAME=VALUE` is what all commands find from then on.
 * What to do with the next block is returned.
 */
async function obey(words: readonly string[], session: Session): Promise<Doing> {
  const { directory, home } = session
  const [word, name = '', version = ''] = words
  if (word === 'publish') await publish(join(directory, 'site'), name)
  else if (word === 'package') await writePackage(home, name, version)
  else if (word === 'key') placeKey(join(home, name))
  else if (word === 'kill') await killChange(session, name, version, environment(session))
  else if (word === 'always') session.always.push(words.slice(1).join(' '))
  else if (word === 'reference') leaveReference(session)
  else if (word === 'farm') prepareFarm(home, name)
  else if (word === 'http' || word === 'webhooks')
    takeWebhooks(home, name, session.ports, word === 'webhooks')
  else if (word === 'port') session.ports.set(name, String(await freePort()))
  else if (word === 'untested') return 'parse'
  else if (word === 'background') return 'background'
  else if (word === 'environment') takeVariable(words.slice(1).join(' '), session)
  else if (word !== 'elsewhere') throw new Error(`an unknown comment: ${words.join(' ')}`)
  return word === 'elsewhere' ? 'skip' : 'run'
}

function takeVariable(text: string, session: Session): void {
  const [name = '', value = ''] = inside(text, session).split('=')
  session.environment[name] = value.replace(/^~/, session.home)
}

/** In a group of its own, which ends with the page; what it prints is shown nowhere. */
function startScript(script: string, session: Session): void {
  const child = spawn('bash', ['-euc', `exec ${inside(script, session)}`], {
    cwd: session.home,
    env: environment(session),
    detached: true,
    stdio: 'ignore',
  })
  child.on('error', () => undefined)
  session.background.push(child)
}

async function endBackground({ background }: Session): Promise<void> {
  for (const child of background.reverse()) {
    if (child.exitCode !== null || child.pid === undefined) continue
    const ended = new Promise((resolve) => child.on('exit', resolve))
    process.kill(-child.pid, 'SIGTERM')
    await ended
  }
}

function leaveReference({ root }: Session): void {
  const state = join(root, 'var/lib/peipkg')
  for (const name of ['db.sqlite', 'db.sqlite-wal', 'db.sqlite-shm'])
    rmSync(join(state, name), { force: true })
  copyFileSync(join(programs, '../__test__/fixtures/reference/db.sqlite'), join(state, 'db.sqlite'))
}

async function performBlock(part: Part & { kind: 'block' }, session: Session): Promise<Part> {
  const [first = ''] = part.lines
  const [, place, path] = /^# (~?)(\/\S+)$/.exec(first) ?? []
  if (path !== undefined) {
    const file = join(place === '~' ? session.home : session.root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${part.lines.slice(1).join('\n')}\n`)
  } else if (part.language === 'sh') {
    await runScript(part.lines.join('\n'), session)
  } else if (part.language === 'console') {
    return { ...part, lines: await performExamples(readExamples(part.lines), session) }
  }
  return part
}

/** What is not executed is at least a script that bash can read; configuration of other programs is left to them. */
async function parseBlock({ language, lines }: Part & { kind: 'block' }): Promise<void> {
  const script = language === 'console' ? readExamples(lines).map(({ command }) => command) : lines
  if (language !== 'sh' && language !== 'console') return
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script.join('\n'), encoding: 'utf8' })
  if (status !== 0) throw new Error(`not a script:\n${script.join('\n')}\n${stderr}`)
}

/** A script has no terminal, and has to succeed. */
async function runScript(script: string, session: Session): Promise<void> {
  const child = spawn('bash', ['-euc', inside(script, session)], {
    cwd: session.home,
    env: environment(session),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`exit code ${code}:\n${script}\n${output}`)
}

async function performExamples(examples: readonly Example[], session: Session): Promise<readonly string[]> {
  const lines: string[] = []
  for (const example of examples) {
    const script = `(exit ${session.code})\n${inside(example.command, session)}`
    const { directory } = session
    const { output, code } = await runOnTerminal(directory, script, example.answers, environment(session))
    lines.push(...writeExample(example, shown(output, session)))
    session.code = code
  }
  return lines
}

/** In the page the root is /. What peipkg is told stays; other programs are told where that is. */
function inside(text: string, { root, ports }: Session): string {
  const script = [...ports].reduce(
    (replaced, [shown, real]) => replaced.replaceAll(`:${shown}`, `:${real}`),
    text,
  )
  return script
    .split('\n')
    .map((line) =>
      /^peipkg\b/.test(line) ? line : line.replaceAll(/(?<=[\s"'=])\/(?=(etc|usr|var|conf)\b)/g, `${root}/`),
    )
    .join('\n')
}

function environment({ directory, home, site, environment: own }: Session): NodeJS.ProcessEnv {
  return {
    PATH: `${join(directory, 'bin')}:${programs}:${process.env.PATH}`,
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    NO_COLOR: '1',
    SHELL: '/bin/sh',
    HTTPS_PROXY: site.proxy,
    NODE_EXTRA_CA_CERTS: certificate,
    ...own,
  }
}
