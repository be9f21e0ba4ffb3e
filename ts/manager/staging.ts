/**
 * Moves the outputs of a build to `publish/` (§10.7), all or none: a note names them before the first is moved, so that after
 * a kill in between the next start moves the rest, and never half a recipe is published.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StateDirectory } from './state-directory.ts'

interface Note {
  readonly stage: string
  readonly outputs: readonly string[]
}

export function stageOutputs(state: StateDirectory, stage: string, outputs: readonly string[]): void {
  const note: Note = { stage, outputs }
  writeFileSync(`${state.staging}.tmp`, JSON.stringify(note))
  renameSync(`${state.staging}.tmp`, state.staging)
  move(state, note)
}

/** Ends what a kill interrupted. */
export function resumeStaging(state: StateDirectory): void {
  if (!existsSync(state.staging)) return
  move(state, JSON.parse(readFileSync(state.staging, 'utf8')))
}

function move(state: StateDirectory, { stage, outputs }: Note): void {
  for (const output of outputs) {
    // What is no longer in the stage directory was moved before the kill.
    if (existsSync(join(stage, output))) renameSync(join(stage, output), join(state.publish, output))
  }
  rmSync(state.staging)
}
