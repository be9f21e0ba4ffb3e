/** `peipkg-manager --check`: whether configuration and recipes hold, and what would be polled. Touches nothing. */
import { formatGoDuration } from '../../config/duration.ts'
import { parseListenAddress } from '../../config/listen-address.ts'
import { type ManagerConfiguration, readManagerConfiguration } from '../../config/manager-configuration.ts'
import { ManagerFileError } from '../../config/manager-file-error.ts'
import { missingSecret } from '../../manager/http/secrets.ts'
import type { Recipe, Roster } from '../../manager/model.ts'
import { loadRoster } from '../../manager/roster.ts'
import { asPeiError, reasonOf } from '../../native/errors.ts'
import { escapeText } from '../../native/escape.ts'
import { errorLines } from '../report-error.ts'

/** Resolves with the exit code: 0, or 2 when anything is wrong. */
export async function check(config: string): Promise<number> {
  let settings: ManagerConfiguration
  let roster: Roster
  try {
    settings = await readManagerConfiguration(config)
    roster = loadRoster(settings.recipesDir)
  } catch (error) {
    const known = asPeiError(error)
    if (known === undefined) throw error
    return complain(known.message + placeOf(known))
  }
  for (const recipe of roster.recipes) {
    process.stdout.write(`${escapeText(describe(recipe, roster, settings))}\n`)
  }
  const own = [missingSecret(settings, roster), addressProblem(settings)]
  const problems = [...roster.problems.values(), ...own.filter((problem) => problem !== undefined)]
  return problems.length === 0 ? 0 : complain(problems.join('\n'))
}

function describe(recipe: Recipe, { problems }: Roster, { defaultInterval }: ManagerConfiguration): string {
  if (problems.has(recipe.id)) return `${recipe.id}: skipped`
  if (recipe.pattern === undefined) return `${recipe.id}: not watched`
  const interval = formatGoDuration(recipe.pollInterval ?? defaultInterval)
  return `${recipe.id}: polls ${recipe.git} every ${interval} for tags ${recipe.tagPattern}`
}

/** At the start it costs the server only, as documented. */
function addressProblem({ httpAddr }: ManagerConfiguration): string | undefined {
  try {
    if (httpAddr !== '') parseListenAddress(httpAddr)
    return undefined
  } catch (error) {
    return `[http].addr: ${reasonOf(error)} (write ":8080" or "127.0.0.1:8080")`
  }
}

/** `(line 12; the nearest known key is "http.addr")`. */
function placeOf(error: unknown): string {
  if (!(error instanceof ManagerFileError) || error.line === undefined) return ''
  const near = error.nearest === undefined ? '' : `; the nearest known key is "${error.nearest}"`
  return ` (line ${error.line}${near})`
}

function complain(message: string): number {
  process.stderr.write(errorLines('peipkg-manager', message))
  return 2
}
