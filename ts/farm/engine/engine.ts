/** All that the farm needs of its database and its queue: the same on PGlite and on PostgreSQL. */

export type Row = Readonly<Record<string, unknown>>

/** Values of rows: text, booleans, float8 as numbers, jsonb decoded, text[] as lists. */
export interface Database {
  query<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<readonly R[]>
}

/**
 * What happens together or not at all. The queue holds nothing but ids of executions; whatever else is known of them lies in
 * tables of our own, for the engine forgets what has ended.
 */
export interface Transaction extends Database {
  /** The id of an execution is there once at most, in any queue. */
  enqueue(queue: string, execution: string, priority: number): Promise<void>
  /** The first by priority and age, which nobody else gets until it is put back; one at a time, for a batch has no order. */
  fetch(queue: string): Promise<string | undefined>
  /** Ended, cancelled, or to be enqueued anew: waiting or fetched. */
  remove(queue: string, execution: string): Promise<void>
}

export interface Engine extends Database {
  readonly kind: 'pglite' | 'postgresql'
  /** Why nothing can be asked of it now; undefined: as far as is known it can. */
  trouble(): string | undefined
  /** Whatever `work` throws undoes all of it. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Makes a queue unless it is there; before it is used, and never within a transaction. */
  createQueue(queue: string): Promise<void>
  /** Deletes a queue that nothing is in. */
  deleteQueue(queue: string): Promise<void>
  stop(): Promise<void>
}

/** What an engine stands on. */
export interface Backend extends Database {
  readonly kind: Engine['kind']
  trouble: Engine['trouble']
  /** One or more statements without parameters. */
  execute(text: string): Promise<readonly Row[]>
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** One connection within a transaction. */
export interface Session extends Database {
  execute(text: string): Promise<readonly Row[]>
}

export interface EngineLog {
  info(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void
  warn(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void
}
