/** What the parts of the server hand to each other. */
import type { FarmSettings } from '../../config/farm-settings.ts'
import type { Sandbox } from '../api/job.ts'
import type { Result } from '../api/result.ts'
import type { Engine, EngineLog, Transaction } from '../engine/engine.ts'
import type { Logs } from './logs.ts'
import type { Offer } from './needs.ts'
import type { QueueIndex } from './queue-index.ts'
import type { Receiver } from './receive.ts'
import type { Store } from './store.ts'
import type { Tokens } from './tokens.ts'

export interface FarmLog extends EngineLog {
  debug(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void
  error(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void
}

export interface Clock {
  now(): number
}

/** Milliseconds. */
export interface Times {
  /** Without a heartbeat for so long, an attempt is lost. */
  readonly heartbeatLimit: number
  /** Heartbeats are written at most so often. */
  readonly heartbeatFlush: number
  /** Between looks at what is due. */
  readonly tick: number
  /** A worker that is idle and silent for so long is gone. */
  readonly workerLimit: number
  /** How long work that excludes the only fitting worker waits for another. */
  readonly exclusion: number
}

export const documentedTimes: Times = {
  heartbeatLimit: 10_000,
  heartbeatFlush: 4000,
  tick: 1000,
  workerLimit: 40_000,
  exclusion: 15_000,
}

export interface Context {
  readonly settings: FarmSettings
  readonly times: Times
  readonly clock: Clock
  readonly log: FarmLog
  readonly engine: Engine
  readonly store: Store
  readonly receiver: Receiver
  readonly logs: Logs
  readonly tokens: Tokens
  readonly queues: QueueIndex
  /** By execution: the attempts that run, as far as is known. */
  readonly live: Map<string, Live>
  readonly workers: Map<string, Worker>
  readonly dropped: Set<string>
  /** What an operator should look at, by what it is about. */
  readonly problems: Map<string, string>
  /** Queues that are known to be there. */
  readonly madeQueues: Set<string>
  /** When an execution was put back, for its exclusions. */
  readonly requeuedAt: Map<string, number>
  /** Executions whose packages are to be looked at. */
  readonly publishing: Set<string>
  readonly counts: Counts
  readonly startedAt: number
  readonly changes: Changes
}

/** Executions that ended since the start, by the kind of their result. */
export interface Counts {
  add(result: Result): void
  read(): ReadonlyMap<string, number>
}

/** An attempt that was claimed and is not ended. */
export interface Live {
  readonly execution: string
  readonly number: number
  readonly platform: string
  readonly worker: string
  readonly instance: string
  tokenHash: string
  /** Where its part of the log begins. */
  readonly logOffset: number
  heardAt: number
  /** Whether its worker is known to have got it. */
  heard: boolean
  cancel: boolean
}

export interface Worker extends Offer {
  readonly architecture: string
  readonly sandboxes: readonly Sandbox[]
  /** The process that asked last; empty: not known, of before the start of this server. */
  instance: string
  drain: boolean
  /** It said that it ends. */
  stopped: boolean
  seenAt: number
}

/** What changes the tables does so one at a time, so that what is kept in memory follows in the same order. */
export interface Changes {
  run<T>(work: (change: Change) => Promise<T>): Promise<T>
  /** What is in memory may not be what the tables say: read them again. */
  doubt(): void
  readonly doubted: boolean
  trusted(): void
}

export interface Change {
  readonly tx: Transaction
  /** Done once the change is committed. */
  after(action: () => void): void
}
