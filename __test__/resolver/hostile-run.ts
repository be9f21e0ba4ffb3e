// One hostile graph at full size, as a process of its own: the benchmark measures it. Prints what came of it.

import { resolve } from '../../ts/resolver/resolve.ts'
import { hostileGraphs } from './hostile-graphs.ts'

const name = process.argv[2] ?? ''
const shape = hostileGraphs[name]
if (shape === undefined) throw new Error(`no graph "${name}": ${Object.keys(hostileGraphs).join(', ')}`)
const { universe, request } = shape.make(shape.full)
const answer = resolve(universe, request)
console.log(
  answer.kind === 'plan' ? `${answer.steps.length} steps` : answer.summary.slice(0, 200),
  answer.effort,
)
