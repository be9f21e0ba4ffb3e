/** Passes a failure on to the operator's program, with what every such document says. */
import { timestampOf } from './clock.ts'
import type { Context } from './context.ts'
import type { Failed } from './notify.ts'

export function reportFailure(context: Context, failed: Omit<Failed, 'farm_id' | 'time'>): void {
  const time = timestampOf(context.clock.now())
  context.notifier.tell({ farm_id: context.settings.id, time, ...failed })
}
