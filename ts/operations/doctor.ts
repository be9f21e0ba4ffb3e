/** What is wrong with a root and what to do about it: its state, its configuration, the clock. */
import { reasonOf } from '../native/errors.ts'
import type { Concern, Imported } from '../native/system.ts'
import { policyOf, readConfigured, readSettings } from '../repository/configured.ts'
import { clockProblem } from './clock.ts'
import { unusableText } from './open-repositories.ts'
import type { Session } from './session.ts'

/** The core's areas, and those of the configuration. */
export interface Finding extends Omit<Concern, 'area'> {
  readonly area: Concern['area'] | 'configuration' | 'repository' | 'clock'
}

/** The worst first; nothing at all when all is well. */
export async function examine(session: Session): Promise<readonly Finding[]> {
  const { system } = session
  const concerns = await system.examine()
  const isReadable = !concerns.some(
    ({ area, level }) => (area === 'database' || area === 'state') && level === 'error',
  )
  const found = [...concerns, ...(await configuration(session, isReadable))]
  const clock = isReadable ? clockProblem(session) : undefined
  if (clock !== undefined) found.push({ area: 'clock', level: 'warning', text: clock, advice: '' })
  const order = ['error', 'warning', 'note']
  return found.sort((left, right) => order.indexOf(left.level) - order.indexOf(right.level))
}

async function configuration(session: Session, isReadable: boolean): Promise<Finding[]> {
  const { system } = session
  const findings: Finding[] = []
  const add = (text: string) => {
    // A file that this user may not read says what to do by itself.
    const advice = text.includes('(run as a user') ? '' : 'correct the file'
    findings.push({ area: 'configuration', level: 'error', text, advice })
  }
  try {
    await readSettings(system)
  } catch (error) {
    add(reasonOf(error))
  }
  const { repositories, problems } = await readConfigured(system)
  for (const { message } of problems) add(message)
  if (!isReadable) return findings
  for (const repository of repositories) {
    const reason = system.repositoryProblem(repository.name, policyOf(repository, session.now()))
    if (reason === null) continue
    const text = unusableText(repository.name, reason, session)
    const [, what = text, todo = ''] = /^(.*) \((run: [^()]*)\)$/.exec(text) ?? []
    findings.push({ area: 'repository', level: 'warning', text: what, advice: todo })
  }
  const configured = new Set([...repositories, ...problems].map(({ name }) => name))
  for (const { name } of system.repositories().filter((known) => !configured.has(known.name))) {
    const text = `keys and indexes of "${name}" are kept, but no /conf/peipkg/${name}.repo configures it`
    findings.push({ area: 'repository', level: 'note', text, advice: `run: peipkg repo remove ${name}` })
  }
  return findings
}

/** Takes the reference implementation's database over. Throws PEI_IMPORT_REFUSED with nothing changed. */
export async function importReference(waitSeconds: number | null, session: Session): Promise<Imported> {
  const { system, reporter, commandLine, now } = session
  const imported = await system.importReference(commandLine, waitSeconds ?? undefined, now())
  for (const text of imported.warnings) reporter.warn(text)
  return imported
}
