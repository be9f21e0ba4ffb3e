/** Processes that outlive the one that started them. */
import { guard } from './addon.ts'

/** Whether a process below this one whose parent ends becomes a child of this one, so that it can be found. */
export function adoptOrphans(adopt: boolean): void {
  guard((native) => native.adoptOrphans(adopt))
}
