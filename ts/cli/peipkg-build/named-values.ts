/** Options of the form NAME=VALUE. */
import { environmentNameProblem } from '../../build/environment.ts'
import { UsageError } from '../usage-error.ts'

export function parseBuildEnvironment(pairs: readonly string[]): Readonly<Record<string, string>> {
  return parseNamed('--build-env', 'NAME=VALUE', pairs, environmentNameProblem)
}

/** Key files of `[[sign]]`, by name. */
export function parseBinaryKeys(pairs: readonly string[]): Readonly<Record<string, string>> {
  const names = pairs.map((pair) => pair.split('=')[0])
  return parseNamed('--binary-sign-key', 'NAME=FILE', pairs, (name) => {
    if (name === '') return 'a name is missing before the "="'
    return names.indexOf(name) === names.lastIndexOf(name) ? undefined : `"${name}" is given twice`
  })
}

function parseNamed(
  option: string,
  form: string,
  pairs: readonly string[],
  problemOf: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = Object.create(null)
  for (const pair of pairs) {
    const separator = pair.indexOf('=')
    if (separator < 0) throw new UsageError('malformed', `option ${option} is ${form}, not "${pair}"`)
    const name = pair.slice(0, separator)
    const problem = problemOf(name)
    if (problem !== undefined) throw new UsageError('malformed', `option ${option}: ${problem}`)
    result[name] = pair.slice(separator + 1)
  }
  return result
}
