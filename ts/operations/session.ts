/** What every use case is given: the system, the way to the people who watch, and how the work may be stopped. */
import type { OverrideReview, System } from '../native/system.ts'
import type { OnProgress } from '../native/task.ts'
import type { Ceremony } from '../repository/ceremony.ts'
import type { TransportOptions } from '../repository/fetch-request.ts'
import { openTransport, type Transport } from '../repository/transport.ts'
import type { Authorisation, ElevatedAction } from './elevated-action.ts'
import type { ShownPlan } from './shown-plan.ts'

export interface Session {
  readonly system: System
  readonly reporter: Reporter
  /** Aborts when a signal arrived. */
  readonly signal: AbortSignal
  /** The whole command line, as history and the lock's holder show it. */
  readonly commandLine: string
  /** Seconds since 1970. */
  readonly now: () => number
  /** Elevated actions that a dry run goes on from without asking; they are listed with its plan. */
  readonly assumed?: readonly ElevatedAction[]
  /** When this program was built, in seconds since 1970. */
  readonly builtAt?: () => number
  /** How long servers are waited for, where it is not as file 4 says. */
  readonly network?: Pick<TransportOptions, 'limits' | 'patience'>
}

/** Implemented by the command line only; operations neither print nor ask. */
export interface Reporter {
  /** A complete text without `warning: `. */
  warn(text: string): void
  /** A failure that does not end the work, as a complete text. */
  fail(text: string): void
  progress: OnProgress
  /** The plan and what must be said about it, before anything is asked. */
  showPlan(plan: ShownPlan): void
  /** What packages would do to security descriptors, before anything is asked about it. */
  showOverrides(reviews: readonly OverrideReview[]): void
  /** Asks for one elevated action, on a terminal only; call `authorise` of authorise.ts, which records the answer. */
  authorise(action: ElevatedAction): Promise<Authorisation>
  /** Asks the routine questions: what becomes of modified files, and whether the plan may run. */
  approve(plan: ShownPlan): Promise<Approval>
  /** Whether so much may be fetched. */
  confirmDownload(packages: number, bytes: number): Promise<boolean>
  /** Shows supplied and fetched fingerprints; true without a terminal, where an exact match suffices. */
  approveTrust(ceremony: Ceremony): Promise<boolean>
}

export type Approval =
  | { readonly kind: 'approved'; readonly removeModified: boolean }
  | { readonly kind: 'declined' }

/** For documents; packages say how far they are themselves. */
export function documentTransport({ signal, reporter, network }: Session): Transport {
  return openTransport({ signal, progress: reporter.progress, ...network })
}
