/**
 * `GET /api/v1/executions/<uuid>/events`: server-sent events. Replayed from the start, or from the byte after
 * `Last-Event-ID` (or `?offset=`), then live; the stream ends after `end`.
 */
import type { ExecutionView } from './execution.ts'

/** By the name of the event; its data is JSON. */
export interface LogEvents {
  /** `id:` of the event is the offset after it. Base64, for a log is bytes. */
  readonly log: { readonly offset: number; readonly content: string }
  /** At the start, and whenever state, reason or attempt change. */
  readonly state: ExecutionView
  /** The last one, with its result. */
  readonly end: ExecutionView
}
