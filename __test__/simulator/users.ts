/** Whom scenarios run as: the calling user, and where that is root, somebody who may nothing. */
import { geteuid, setegid, seteuid } from 'node:process'

export interface User {
  readonly name: string
  become(): void
  leave(): void
}

const nobody = 65_534

const caller: User = { name: 'the calling user', become: () => undefined, leave: () => undefined }

/** For the whole process, which must be a test's own. */
const unprivileged: User = {
  name: 'an unprivileged user',
  become() {
    setegid?.(nobody)
    seteuid?.(nobody)
  },
  leave() {
    seteuid?.(0)
    setegid?.(0)
  },
}

export const users: readonly User[] = geteuid?.() === 0 ? [caller, unprivileged] : [caller]
