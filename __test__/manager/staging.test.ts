import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { resumeStaging, stageOutputs } from '../../ts/manager/staging.ts'
import { createStateDirectory, type StateDirectory } from '../../ts/manager/state-directory.ts'
import { freshDirectory } from './directory.ts'

const directory = freshDirectory()
const outputs = ['a_1-1_noarch.peipkg', 'b_1-1_noarch.peipkg']
let state: StateDirectory
let stage: string

beforeEach(() => {
  state = createStateDirectory(directory.path)
  stage = join(state.stage, 'hello-1-1')
  mkdirSync(stage)
  for (const name of outputs) writeFileSync(join(stage, name), `new ${name}`)
})

it('moves the outputs to publish/, over what lies there', () => {
  writeFileSync(join(state.publish, outputs[0] ?? ''), 'old')
  stageOutputs(state, stage, outputs)
  expect(readdirSync(state.publish)).toEqual(outputs)
  expect(readFileSync(join(state.publish, outputs[0] ?? ''), 'utf8')).toBe(`new ${outputs[0]}`)
  expect(readdirSync(stage)).toEqual([])
  expect(existsSync(state.staging)).toBe(false)
})

it('ends at the next start what a kill interrupted after the first of them', () => {
  // A name that cannot be moved to ends it where the kill would.
  mkdirSync(join(state.publish, outputs[1] ?? ''))
  expect(() => stageOutputs(state, stage, outputs)).toThrow()
  expect(readdirSync(stage)).toEqual([outputs[1]])
  rmdirSync(join(state.publish, outputs[1] ?? ''))
  resumeStaging(state)
  resumeStaging(state)
  expect(readdirSync(state.publish)).toEqual(outputs)
  expect(existsSync(state.staging)).toBe(false)
})

it('has nothing to end after a start that found nothing', () => {
  resumeStaging(state)
  expect(readdirSync(state.publish)).toEqual([])
})
