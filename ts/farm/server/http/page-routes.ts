/** The page: asks for a token once, and keeps it in a cookie. */
import type { Farm } from '../farm.ts'
import type { App, Authenticator } from './asking.ts'

export function addPageRoutes(_app: App, _farm: Farm, _authenticator: Authenticator): void {}
