/** Tokens: bearer secrets with a scope. */

/** `worker`: claims and attempts. `read`: looks. `submit`: read, and jobs. `admin`: everything. */
export type Scope = 'worker' | 'submit' | 'admin' | 'read'

export const scopes: readonly Scope[] = ['worker', 'submit', 'admin', 'read']

/** `POST /api/v1/tokens`. */
export interface TokenRequest {
  readonly name: string
  readonly scope: Scope
}

/** Its answer: the only time that the token itself is shown. `DELETE /api/v1/tokens/<name>` revokes. */
export interface TokenAnswer {
  readonly name: string
  readonly scope: Scope
  readonly token: string
}

/** `GET /api/v1/tokens`. */
export interface TokensAnswer {
  readonly tokens: readonly { readonly name: string; readonly scope: Scope; readonly created_at: string }[]
}
