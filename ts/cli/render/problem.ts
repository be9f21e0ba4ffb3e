/** A damaged file in a sentence (file 7, `verify`). */
import type { VerifyReport } from '../../native/system.ts'

type Problem = VerifyReport['problems'][number]

/** `nginx: /etc/nginx/nginx.conf has been modified since install`; not escaped. */
export function problemText({ package: name, path, kind, detail, recorded }: Problem): string {
  const subject = `${name}: /${path}`
  switch (kind) {
    case 'missing':
      return `${subject} is missing`
    case 'modified':
      return `${subject} has been modified since install`
    case 'not-a-directory':
      return `${subject} is not a directory`
    case 'not-a-file':
      return `${subject} is not a regular file`
    case 'points-at':
      return `${subject} points at "${detail ?? ''}", recorded as "${recorded ?? ''}"`
    case 'unreadable':
      return `${subject} cannot be read: ${detail ?? ''}`
  }
}
