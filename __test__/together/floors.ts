/** The floor of the repository: the newest index that was ever adopted. Whoever sees one sees none older afterwards. */
import { describe, type Ran } from './run-schedule.ts'

export function floorsThatWentDown(ran: readonly Ran[]): readonly string[] {
  const sights = ran.flatMap((one) => {
    const version = indexSeen(one)
    return version === undefined ? [] : [{ one, version }]
  })
  const backwards = sights.flatMap((later) =>
    sights
      .filter((earlier) => earlier.one.ended < later.one.began && earlier.version > later.version)
      .map(
        (earlier) =>
          `${describe(earlier.one)} had seen index ${earlier.version}, then ${describe(later.one)}`,
      ),
  )
  return backwards
}

/** The index that a command told of: a refresh says it, and `clock` is as new as it. */
function indexSeen({ act, code, document }: Ran): number | undefined {
  if (code !== 0) return undefined
  if (act.kind === 'refresh') return (document as { index_version: number }[])[0]?.index_version
  if (act.kind !== 'query' || act.words[1] !== '--available') return undefined
  const clock = (document as { name: string; version: string }[]).find(({ name }) => name === 'clock')
  return clock === undefined ? undefined : Number.parseInt(clock.version, 10)
}
