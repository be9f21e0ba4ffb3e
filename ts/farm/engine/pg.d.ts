/** The part of node-postgres that is used; it has no types of its own. */
declare module 'pg' {
  export interface Result {
    rows: unknown[]
  }
  interface Options {
    readonly connectionString: string
    readonly connectionTimeoutMillis: number
    readonly query_timeout: number
    readonly statement_timeout: number
    readonly idle_in_transaction_session_timeout: number
    readonly keepAlive: boolean
    readonly application_name: string
    readonly max?: number
  }
  export class Client {
    constructor(options: Options)
    connect(): Promise<void>
    query(text: string, values?: unknown[]): Promise<Result>
    query(question: { readonly text: string; readonly query_timeout: number }): Promise<Result>
    on(event: 'error' | 'end', listener: (error?: Error) => void): this
    end(): Promise<void>
    release(failure?: Error): void
  }
  export class Pool {
    constructor(options: Options)
    connect(): Promise<Client>
    query(text: string, values?: unknown[]): Promise<Result>
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'acquire', listener: (client: Client) => void): this
    on(event: 'release', listener: (failure: Error | undefined, client: Client) => void): this
    end(): Promise<void>
  }
  const pg: { Client: typeof Client; Pool: typeof Pool }
  export default pg
}
