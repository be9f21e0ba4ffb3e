/** Git upstreams for tests: real ones, on disk, independent of whoever runs them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Upstream {
  readonly path: string
  /** Commits these files; their directories are made. */
  commit(files: Readonly<Record<string, string>>): string
  /** What `git fast-import` reads. */
  import(stream: string): void
  /** Any git command in it; returns what it prints, trimmed. */
  git(...args: readonly string[]): string
}

const identity = {
  GIT_AUTHOR_NAME: 'tester',
  GIT_AUTHOR_EMAIL: 'tester@example.org',
  GIT_COMMITTER_NAME: 'tester',
  GIT_COMMITTER_EMAIL: 'tester@example.org',
  GIT_AUTHOR_DATE: '2026-05-01T12:00:00Z',
  GIT_COMMITTER_DATE: '2026-05-01T12:00:00Z',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
}

/** What `git log --format=%ct` says of every commit here, as the manager hands it on. */
export const committed = '2026-05-01T12:00:00Z'

export function createUpstream(path: string): Upstream {
  mkdirSync(path, { recursive: true })
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', path, ...args], {
      env: { ...process.env, ...identity, GIT_ALLOW_PROTOCOL: 'file' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  git('init', '--quiet', '--initial-branch', 'main')
  return {
    path,
    git,
    import(stream) {
      execFileSync('git', ['-C', path, 'fast-import', '--quiet'], { input: stream })
      git('reset', '--quiet', '--hard')
    },
    commit(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true })
        writeFileSync(join(path, name), text)
      }
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '--message', 'change')
      return git('rev-parse', 'HEAD')
    },
  }
}
