/** Who a request is from: by its bearer token, or by the cookie of the page; guessing is slowed (file 10, HTTP). */
import type { Context as Call } from 'hono'
import type { Context } from '../context.ts'
import { createGuesses } from '../guesses.ts'
import { Refusal } from '../refusal.ts'
import type { Token } from '../tokens.ts'
import { cookieName, type Environment, type Visitors } from './asking.ts'
import { originOf } from './origin.ts'

export function createVisitors({ clock, tokens, settings }: Context): Visitors {
  const guesses = createGuesses()
  const check = (c: Call<Environment>, given: string | undefined): Token => {
    const { address } = originOf(c.env.incoming, settings.proxy)
    const now = clock.now()
    const wait = guesses.wait(address, now)
    if (wait > 0) throw tooMany(wait)
    if (given === undefined)
      throw new Refusal('unauthorized', 'this needs a token (clients and workers: --token-file)')
    const token = tokens.find(given)
    if (token !== undefined) return token
    const after = guesses.fail(address, now)
    if (after > 0) throw tooMany(after)
    throw new Refusal('unauthorized', 'this token is not known here, or was revoked')
  }
  return {
    check,
    identify(c) {
      const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
      if (bearer !== undefined) return check(c, bearer)
      const cookie = cookieOf(c.req.header('cookie'))
      // A cookie goes along with what pages of other ports of this host send: they may look at nothing, and change nothing.
      if (cookie !== undefined && !['GET', 'HEAD'].includes(c.req.method) && !isOwn(c)) {
        throw new Refusal('forbidden', 'this request comes from another page')
      }
      return check(c, cookie)
    },
  }
}

const tooMany = (retryAfter: number) =>
  new Refusal('too-many', `too many wrong tokens from your address: wait ${retryAfter} s`, { retryAfter })

function isOwn(c: Call<Environment>): boolean {
  const origin = c.req.header('origin')
  return origin !== undefined && origin.replace(/^https?:\/\//, '') === c.req.header('host')
}

function cookieOf(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=')
    if (name === cookieName && value !== undefined && value !== '') return value
  }
  return undefined
}
