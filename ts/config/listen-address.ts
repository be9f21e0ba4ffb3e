/** Listen addresses as Go writes them: `:8080`, `127.0.0.1:8080`, `[::]:8080`. */

export interface ListenAddress {
  /** Undefined: all of the machine's. */
  readonly host: string | undefined
  readonly port: number
}

/** Throws an Error that says what is wrong. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text) ?? []
  if (port === undefined) throw new Error(`listen tcp: address ${text}: missing port in address`)
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`listen tcp: address ${text}: invalid port`)
  }
  const host = bracketed ?? plain ?? ''
  return { host: host === '' ? undefined : host, port: Number(port) }
}
