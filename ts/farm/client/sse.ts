/** Server-sent events of a stream. */
import type { Readable } from 'node:stream'
import { PeiError } from '../../native/errors.ts'

export interface ServerEvent {
  readonly name: string
  readonly id: string
  readonly data: string
}

/** Of one event, in characters. */
const MOST = 64 * 2 ** 20

export async function* readEvents(stream: Readable): AsyncGenerator<ServerEvent> {
  let text = ''
  for await (const part of stream.setEncoding('utf8')) {
    text += (part as string).replaceAll('\r', '')
    if (text.length > MOST)
      throw new PeiError('PEI_FARM_REFUSED', `an event of the farm is larger than ${MOST}`)
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = readEvent(text.slice(0, end))
      text = text.slice(end + 2)
      if (event !== undefined) yield event
    }
  }
}

/** Undefined for a comment, which only keeps the connection alive. */
function readEvent(text: string): ServerEvent | undefined {
  let name = 'message'
  let id = ''
  const data: string[] = []
  for (const line of text.split('\n')) {
    const [, field, value = ''] = /^([a-z]+)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'event') name = value
    else if (field === 'id') id = value
    else if (field === 'data') data.push(value)
  }
  return data.length === 0 ? undefined : { name, id, data: data.join('\n') }
}
