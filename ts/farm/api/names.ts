/** Names that a worker gives: told apart from mistakes by the server, and before it by the worker itself. */

export const workerName = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/

export const platformName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Without its value. */
export const labelName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

export const architectureName = /^[A-Za-z0-9_]{1,64}$/
