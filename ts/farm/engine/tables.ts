/** Our own tables: everything that a person sees. Times are milliseconds since 1970. */
import type { Backend } from './engine.ts'

const VERSION = 1

/** Makes them once; a later version of this program would change them here, step by step. */
export async function createTables(backend: Backend): Promise<void> {
  await backend.execute(tables)
  const [found] = await backend.query<{ value: string }>(`select value from farm.meta where key = 'version'`)
  if (found === undefined) {
    await backend.query(`insert into farm.meta (key, value) values ('version', $1)`, [String(VERSION)])
  } else if (found.value !== String(VERSION)) {
    throw new Error(
      `the database has tables of version ${found.value}, this program knows ${VERSION}: update it`,
    )
  }
}

const tables = `
create schema if not exists farm;
create table if not exists farm.meta (key text primary key, value text not null);
create table if not exists farm.jobs (
  name text primary key,
  kind text not null,
  specification jsonb not null,
  platforms text[] not null,
  period text not null,
  cron text not null,
  next_run float8,
  created_at float8 not null,
  put_off_until float8,
  last_execution text not null default ''
);
create table if not exists farm.executions (
  id text primary key,
  job text not null,
  kind text not null,
  platform text not null,
  queue text not null,
  needs jsonb not null,
  state text not null,
  reason text not null default '',
  priority int not null,
  specification jsonb not null,
  not_before float8,
  waits_for text[] not null default '{}',
  tries int not null default 0,
  failures int not null default 0,
  cancelled boolean not null default false,
  created_at float8 not null,
  started_at float8,
  ended_at float8,
  result jsonb,
  log_bytes float8 not null default 0,
  kept boolean not null default true,
  build jsonb,
  published text[] not null default '{}'
);
create index if not exists executions_open on farm.executions (state) where state <> 'ended';
create index if not exists executions_ended on farm.executions (ended_at desc, id) where state = 'ended';
create index if not exists executions_job on farm.executions (job, created_at desc);
create table if not exists farm.attempts (
  execution text not null references farm.executions on delete cascade,
  number int not null,
  worker text not null,
  instance text not null,
  token_hash text not null,
  sandbox text not null default '',
  started_at float8 not null,
  heard_at float8 not null,
  ended_at float8,
  result jsonb,
  log_offset float8 not null,
  primary key (execution, number)
);
create index if not exists attempts_open on farm.attempts (execution) where ended_at is null;
create table if not exists farm.artifacts (
  execution text not null references farm.executions on delete cascade,
  name text not null,
  sha256 text not null,
  bytes float8 not null,
  primary key (execution, name)
);
create index if not exists artifacts_sha256 on farm.artifacts (sha256);
create table if not exists farm.workers (
  name text primary key,
  platforms text[] not null,
  architecture text not null,
  labels jsonb not null,
  sandboxes text[] not null,
  capabilities text[] not null,
  drain boolean not null default false,
  stopped boolean not null default false,
  seen_at float8 not null
);
alter table farm.workers add column if not exists stopped boolean not null default false;
create table if not exists farm.tokens (
  name text primary key,
  scope text not null,
  hash text not null unique,
  created_at float8 not null
);
create table if not exists farm.dropped_platforms (platform text primary key, dropped_at float8 not null);
create table if not exists farm.uploads (
  execution text primary key,
  failures int not null default 0,
  next_try float8 not null,
  problem text not null default ''
);
create table if not exists farm.packages (
  file text primary key,
  execution text not null,
  unsigned_sha256 text not null
);
`
