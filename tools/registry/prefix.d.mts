export interface Prefix {
  readonly directory: string
  /** Where `run` runs. */
  readonly work: string
  readonly environment: Readonly<Record<string, string>>
  /** Every file below the prefix. */
  files(): readonly string[]
  run(
    command: string,
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): { readonly code: number | null; readonly stdout: string; readonly stderr: string }
  /** Throws what npm says. */
  npm(...args: readonly string[]): void
  remove(): void
}

export function emptyPrefix(options?: {
  readonly registry?: string
  readonly node?: string
  readonly npm?: string
}): Prefix
