/** Bearer tokens: kept as digests only, with a scope, and looked up in memory. */
import { createHash, randomBytes } from 'node:crypto'
import { type Scope, scopes } from '../api/token.ts'
import type { Engine } from '../engine/engine.ts'
import { Refusal } from './refusal.ts'

export interface Token {
  readonly name: string
  readonly scope: Scope
  readonly createdAt: number
}

export interface Tokens {
  find(token: string): Token | undefined
  create(name: string, scope: Scope, now: number): Promise<string>
  revoke(name: string): Promise<void>
  list(): readonly Token[]
  /** Whether it is still there: for answers that take long. */
  holds(token: Token): boolean
}

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

export const makeToken = (): string => randomBytes(32).toString('base64url')

export async function createTokens(engine: Engine): Promise<Tokens> {
  const known = new Map<string, Token>()
  const rows = await engine.query<{ name: string; scope: Scope; hash: string; created_at: number }>(
    'select name, scope, hash, created_at from farm.tokens',
  )
  for (const { name, scope, hash, created_at } of rows)
    known.set(hash, { name, scope, createdAt: created_at })
  const byName = (name: string) => [...known].find(([, token]) => token.name === name)
  return {
    // A digest is looked up, not compared: how long that takes says nothing about the token.
    find: (token) => known.get(hashToken(token)),
    async create(name, scope, now) {
      if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) {
        throw new Refusal(
          'bad-request',
          `"${name}" is no name of a token: letters, digits, ". _ @ -", 64 at most`,
        )
      }
      if (!scopes.includes(scope)) throw new Refusal('bad-request', `a scope is one of ${scopes.join(', ')}`)
      if (byName(name) !== undefined) throw new Refusal('name-used', `token name already used: ${name}`)
      const token = makeToken()
      const hash = hashToken(token)
      await engine.query('insert into farm.tokens (name, scope, hash, created_at) values ($1, $2, $3, $4)', [
        ...[name, scope, hash, now],
      ])
      known.set(hash, { name, scope, createdAt: now })
      return token
    },
    async revoke(name) {
      const found = byName(name)
      if (found === undefined) throw new Refusal('not-found', `unknown token ${name}`)
      await engine.query('delete from farm.tokens where name = $1', [name])
      known.delete(found[0])
    },
    list: () => [...known.values()].sort((left, right) => (left.name < right.name ? -1 : 1)),
    holds: (token) => [...known.values()].includes(token),
  }
}
