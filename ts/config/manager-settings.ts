/** What the configuration of peipkg-manager says, read and checked. */

/** Paths are as written. Durations are milliseconds, sizes bytes; a text that is not there is empty. */
export interface ManagerConfiguration {
  /** The farm's id. */
  readonly id: string
  readonly recipesDir: string
  readonly stateDir: string
  readonly repoName: string
  readonly repoDescription: string
  /** A repository that nothing was published to for so long is signed anew; 0: never. */
  readonly resignAfter: number
  readonly signingKeyFile: string
  readonly uploadBackend: 'none' | 'rclone'
  readonly uploadRemote: string
  readonly uploadOrder: 'single' | 'two-pass'
  /** Go's form of a listen address; empty: no server. */
  readonly httpAddr: string
  readonly webhookSecretFile: string
  /** Who may see the page and the logs. */
  readonly page: 'loopback' | 'public' | 'off'
  readonly forgejoSecretFile: string
  readonly gitlabTokenFile: string
  readonly defaultInterval: number
  readonly signingKeys: readonly BinarySigningKey[]
  readonly grants: readonly Grant[]
  readonly limits: {
    readonly git: number
    readonly build: number
    readonly minFree: number
    readonly concurrentPolls: number
    readonly logsPerRecipe: number
  }
  /** A farm that builds in this manager's place; empty: none. */
  readonly farmServer: string
  readonly farmTokenFile: string
  /** A program with its arguments; empty: none. */
  readonly notifyCommand: readonly string[]
}

/** A key that recipes may be granted. */
export interface BinarySigningKey {
  readonly name: string
  /** The file with the private key. */
  readonly privateKey: string
  /** The variable that its public half is handed to builds in; empty: it cannot be injected. */
  readonly pubkeyEnv: string
}

/** What one recipe may do with the keys. */
interface Grant {
  readonly recipe: string
  readonly injectPubkey: readonly string[]
  readonly sign: readonly string[]
}
