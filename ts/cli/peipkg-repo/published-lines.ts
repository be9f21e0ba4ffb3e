/** What a publish prints (file 8). */
import type { PublishReport } from '../../native/producer.ts'

export function publishedLines({ indexVersion, added }: PublishReport): readonly string[] {
  const count = added.length === 1 ? '1 new package' : `${added.length} new packages`
  const lines = added.map(({ filename, unsigned }) => `  + ${filename}${unsigned ? '  (unsigned)' : ''}`)
  return [`published index_version ${indexVersion} (${count})`, ...lines]
}
