/** Programs that kill the manager, their parent, before or after what they are asked for. */
import type { Farm } from './farm.ts'

export interface KillPoint {
  readonly program: 'git' | 'peipkg-build' | 'peipkg-repo' | 'rclone'
  /** Its first argument. */
  readonly verb: string
  readonly when: 'before' | 'instead of' | 'after'
}

/** Every program that the manager runs, in the order of a job. */
export const killPoints: readonly KillPoint[] = (
  [
    ['peipkg-repo', 'init'],
    ['git', 'ls-remote'],
    ['git', 'clone'],
    ['peipkg-build', 'build'],
    ['peipkg-repo', 'publish'],
    ['rclone', 'copy'],
    ['rclone', 'sync'],
  ] as const
).flatMap(([program, verb]) =>
  (['before', 'instead of', 'after'] as const).map((when) => ({ program, verb, when })),
)

/** The first run of that program with that verb kills the manager; later ones are as ever. */
export function killAt(farm: Farm, { program, verb, when }: KillPoint): void {
  const mark = `${farm.directory}/killed`
  // What comes after the kill goes on, or hangs, as an orphan does.
  const steps = {
    before: 'kill -KILL $PPID; exec "$real" "$@"',
    'instead of': 'kill -KILL $PPID; exec sleep 1000',
    after: '"$real" "$@"; kill -KILL $PPID; exec sleep 1000',
  }
  farm.program(
    program,
    `real=$(PATH=\${PATH#*:} command -v ${program})
if [ "$1" != ${verb} ] || [ -e "${mark}" ]; then exec "$real" "$@"; fi
: > "${mark}"
${steps[when]}`,
  )
}
