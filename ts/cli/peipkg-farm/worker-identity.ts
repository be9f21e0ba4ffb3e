/** What a worker calls itself. What the farm would refuse is refused before anything is asked of it. */
import { hostname } from 'node:os'
import { architectureName, labelName, platformName, workerName } from '../../farm/api/names.ts'
import { ownArchitecture, type WorkerSettings } from '../../farm/worker/settings.ts'
import { UsageError } from '../usage-error.ts'
import { parsePairs } from './pairs.ts'

interface Options {
  readonly name: string | undefined
  readonly platforms: readonly string[]
  readonly architecture: string | undefined
  readonly label: readonly string[]
}

export function identityOf({
  platforms,
  label,
  ...given
}: Options): Pick<WorkerSettings, 'name' | 'platforms' | 'architecture' | 'labels'> {
  const { name = hostname(), architecture = ownArchitecture() } = given
  const labels = parsePairs('--label', label, 'true')
  for (const platform of platforms) check('a platform', platform, platformName, '._-')
  for (const key of Object.keys(labels)) check('the name of a label', key, labelName, '._-')
  check('option --architecture', architecture, architectureName, '_')
  const named = given.name === undefined ? 'the name of this host, which --name replaces,' : 'option --name'
  check(named, name, workerName, '._@-')
  return { name, platforms, architecture, labels }
}

function check(what: string, text: string, pattern: RegExp, marks: string): void {
  if (pattern.test(text)) return
  const rule = `letters, digits and ${marks}, a letter or digit first`
  throw new UsageError('malformed', `${what} is made of ${rule}, not "${text}"`)
}
