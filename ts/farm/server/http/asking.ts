/** Who asks: what every route knows of a call. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import type { Scope } from '../../api/token.ts'
import { Refusal } from '../refusal.ts'
import type { Token } from '../tokens.ts'

export interface Environment {
  Bindings: HttpBindings
  Variables: { token: Token }
}

export type App = Hono<Environment>

/** The cookie of the page, which browsers send to this server only, and never from another site. */
export const cookieName = 'peipkg_farm'

export interface Visitors {
  /** Throws `unauthorized`, `too-many`, `forbidden`. */
  identify(call: Context<Environment>): Token
  check(call: Context<Environment>, token: string | undefined): Token
}

const grants: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read', 'submit', 'admin'],
  submit: ['submit', 'admin'],
  worker: ['worker', 'admin'],
  admin: ['admin'],
}

/** Throws `forbidden` unless the token's scope covers what is asked. */
export function demand(token: Token, scope: Scope): void {
  if (grants[scope].includes(token.scope)) return
  throw new Refusal('forbidden', `this needs a token of scope ${scope}; "${token.name}" has ${token.scope}`)
}
