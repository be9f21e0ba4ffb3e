/** The command line's side of a use case: prints what happens, asks what must be asked (file 7). */
import { escapeText } from '../../native/escape.ts'
import type { Approval, Reporter } from '../../operations/session.ts'
import type { ShownPlan } from '../../operations/shown-plan.ts'
import type { Ceremony } from '../../repository/ceremony.ts'
import type { Io } from '../io.ts'
import { type Prompter, prompter } from '../prompt.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { renderOverrides } from '../render/overrides.ts'
import { renderPlan } from '../render/plan.ts'
import { formatSize } from '../render/size.ts'
import { errorLines, warningLine } from '../report-error.ts'
import type { ProgressDisplay } from './progress.ts'

export interface ReporterOptions {
  /** No routine question is asked; `--yes` never loses a modified file. */
  readonly yes: boolean
  /** Nothing is printed on stdout and nothing asked. */
  readonly json: boolean
  readonly display: ProgressDisplay
  readonly signal: AbortSignal
}

export function reporter(io: Io, program: string, options: ReporterOptions): Reporter {
  const { display } = options
  const asking = prompter(io, options.signal)
  const said = new Set<string>()
  const print = (text: string) => {
    display.clear()
    io.stderr.write(text)
  }
  const show = (text: string) => {
    display.clear()
    io.stdout.write(text)
  }
  const warn = (text: string) => {
    // Planning anew would say the same again.
    if (!said.has(text)) print(warningLine(program, text))
    said.add(text)
  }
  return {
    warn,
    fail: (text) => print(errorLines(program, text)),
    progress: display.update,
    showPlan(plan) {
      for (const text of plan.warnings) warn(text)
      if (!options.json) show(renderPlan(plan))
    },
    showOverrides(reviews) {
      if (!options.json) show(renderOverrides(reviews))
    },
    async authorise({ text }) {
      // Neither `--yes` nor a pipe is the deliberate act of a person.
      if (io.stdin.isTTY !== true || options.json) return 'unauthorised'
      display.clear()
      const answer = await asking.askAnew(elevatedQuestion(text))
      return isOneOf(answer, 'y', 'yes') ? 'granted' : 'refused'
    },
    async approve(plan) {
      display.clear()
      // A plan that only marks touches no file, and the opposite mark takes it back.
      const isRoutine = options.yes || plan.lines.length === 0
      return isRoutine ? { kind: 'approved', removeModified: false } : await askApproval(plan, asking, io)
    },
    async confirmDownload(packages, bytes) {
      display.clear()
      if (options.yes || packages === 0) return true
      const question = `${packages} package(s), ${formatSize(bytes)}, have to be fetched to compare the disk with: proceed? [y/N] `
      return isOneOf(await asking.ask(question), 'y', 'yes')
    },
    async approveTrust(ceremony) {
      display.clear()
      showTrust(ceremony, io)
      // Without a person to ask, an exact match of a supplied anchor suffices (file 4).
      if (io.stdin.isTTY !== true || options.json) return true
      return isOneOf(await asking.askAnew('trust this repository? [y/N] '), 'y', 'yes')
    },
  }
}

async function askApproval(plan: ShownPlan, asking: Prompter, io: Io): Promise<Approval> {
  let removeModified = false
  if (plan.modified.length > 0) {
    io.stderr.write(modifiedList(plan.modified))
    const answer = await asking.ask('remove them, keep them, or abort? [r/k/A] ')
    if (!isOneOf(answer, 'r', 'remove', 'k', 'keep')) return { kind: 'declined' }
    removeModified = isOneOf(answer, 'r', 'remove')
  }
  const answer = await asking.ask('proceed? [y/N] ')
  return isOneOf(answer, 'y', 'yes') ? { kind: 'approved', removeModified } : { kind: 'declined' }
}

/** The text of file 6. */
function elevatedQuestion(text: string): string {
  return `\nthis operation requires elevated authorisation:\n  ${escapeText(text.replaceAll('\n', ' '))}\nauthorise this specific action? [y/N] `
}

/** Files that a removal would take away, though someone changed them. */
export function modifiedList(paths: readonly string[]): string {
  const lines = paths.map((path) => `  /${escapeText(path)}\n`)
  return `these files have been modified since install:\n${lines.join('')}`
}

/** Supplied and fetched fingerprints side by side. */
function showTrust(ceremony: Ceremony, io: Io): void {
  const name = ceremony.repoName === null ? '' : ` "${escapeText(ceremony.repoName)}"`
  io.stderr.write(`the repository calls itself${name} and is signed by:\n`)
  for (const { supplied, fetched } of ceremony.anchors) {
    io.stderr.write(`  supplied  ${groupFingerprint(supplied)}\n`)
    io.stderr.write(`  fetched   ${fetched === null ? '(no such key there)' : groupFingerprint(fetched)}\n`)
  }
}

function isOneOf(answer: string | undefined, ...words: readonly string[]): boolean {
  return answer !== undefined && words.includes(answer)
}
