/** Runs a schedule: every process of it at once, each with the built program against the same root. */
import { mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint, makePackage, makeRepository } from '../cli/peipkg/packages.ts'
import type { Scratch } from '../cli/peipkg/scratch.ts'
import type { Ended } from '../programs.ts'
import { type Act, NAMES, PUBLICATIONS, type Schedule } from './schedule.ts'

/** One command that ran, and when: `began` and `ended` order what did not overlap. */
export interface Ran {
  readonly act: Exclude<Act, { kind: 'publish' }>
  /** Tells its transaction in the history. */
  readonly mark: string
  readonly began: number
  readonly ended: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly document: unknown
  readonly stderr: string
}

/** Publications of one repository, each with newer packages; packages of all of them can be fetched at any time. */
export async function publish(s: Scratch): Promise<void> {
  const pool = join(s.directory, 'p')
  mkdirSync(pool)
  for (let number = 1; number <= PUBLICATIONS; number += 1) {
    const directory = join(s.directory, `publication-${number}`)
    mkdirSync(directory)
    symlinkSync(pool, join(directory, 'p'))
    const packages = await Promise.all(NAMES.map((name) => makePackage(s.directory, draft(name, number))))
    await makeRepository(directory, { packages, version: number })
  }
  point(s, 1)
  await s.ok(`repo add test file://${join(s.directory, 'repository')} --anchor ${fingerprint}`)
}

/** `clock` is as new as the index; the others move now and then. */
function draft(name: (typeof NAMES)[number], publication: number) {
  const number = name === 'clock' ? publication : 1 + Math.floor(publication / 2)
  const version = `${number}-1`
  const files = {
    [`usr/share/${name}/version`]: version,
    [`usr/share/${name}/only-in-${number}`]: 'x',
    [`etc/${name}.conf`]: `default of ${version}`,
  }
  const fields = name === 'app' ? { dependencies: [{ name: 'lib', constraint: '>= 1' }] } : {}
  return { name, version, files, fields }
}

let links = 0

/** At once for everybody: what is read afterwards is the other publication. */
function point(s: Scratch, publication: number): void {
  links += 1
  const link = join(s.directory, `link-${links}`)
  symlinkSync(`publication-${publication}`, link)
  renameSync(link, join(s.directory, 'repository'))
}

export async function runSchedule(s: Scratch, schedule: Schedule): Promise<readonly Ran[]> {
  const ran: Ran[] = []
  const process = async (acts: readonly Act[], number: number) => {
    for (const [index, act] of acts.entries()) {
      if (act.kind === 'publish') point(s, act.publication)
      else ran.push(await runAct(s, act, `--wait=${10_000 + 100 * number + index}`))
    }
  }
  await Promise.all(schedule.map(process))
  return ran
}

async function runAct(s: Scratch, act: Ran['act'], mark: string): Promise<Ran> {
  const began = performance.now()
  const running = s.start([...wordsOf(act, mark), '--json'])
  running.child.stdin?.end()
  if (act.kind === 'change' && act.killAfter !== undefined) {
    setTimeout(() => running.child.kill('SIGKILL'), act.killAfter)
  }
  const { code, signal, stdout, stderr }: Ended = await running.ended
  const ended = performance.now()
  const document = signal === null ? JSON.parse(stdout) : undefined
  return { act, mark, began, ended, code, signal, document, stderr }
}

function wordsOf(act: Ran['act'], mark: string): readonly string[] {
  if (act.kind === 'refresh') return ['refresh']
  return act.kind === 'query' ? act.words : [...act.words, '--yes', mark]
}

export function describe({ act, code, signal, document, stderr }: Ran): string {
  const words = act.kind === 'refresh' ? 'refresh' : act.words.join(' ')
  return `\`${words}\` (${signal ?? code}: ${JSON.stringify(document)?.slice(0, 600)} ${stderr.slice(0, 300)})`
}
