/** Every command of the client, against a real server and a real worker. */
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExecutionView, HistoryAnswer } from '../../../ts/farm/api/execution.ts'
import type { InfoAnswer } from '../../../ts/farm/api/info.ts'
import { eventually } from '../../farm/eventually.ts'
import { openFarm, type RealFarm } from '../../farm/real-farm.ts'
import { schemaProblems } from '../peipkg/json-schema.ts'

let farm: RealFarm
const script = (name: string, text: string) => writeFileSync(join(farm.directory, name), text)
const ok = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await farm.farm(...args)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}
const refused = async (...args: readonly string[]): Promise<string> => {
  const { code, stderr } = await farm.farm(...args)
  expect(code).toBe(1)
  return stderr
}
/** Executes it, waits for its end. */
const executed = async (job: string): Promise<ExecutionView> => {
  const { ended } = await farm.json<{ ended: readonly ExecutionView[] }>('execute', job, '--wait')
  return ended[0] as ExecutionView
}

beforeAll(async () => {
  farm = await openFarm()
  farm.worker('linux', '--name', 'w1', '--label', 'cpu=8')
  script('hello.sh', 'echo "hello from $PEIPKG_FARM_JOB"\necho kept >file\nmkdir -p a\necho deep >"a/b c"\n')
  script('fails.sh', 'echo no >&2\nexit 3\n')
  script('long.sh', 'echo begun\nsleep 600\n')
  await ok('schedule', 'hello', 'linux', 'hello.sh', '--no-run-now')
})
afterAll(async () => await farm.close())

describe('a job', () => {
  it('is executed and observed, live and again, and ends with its code', async () => {
    const first = await farm.farm('execute', 'hello', '--wait')
    expect(first.stdout).toMatch(/^[0-9a-f-]{36}\nhello from hello\nexited 0\n$/)
    expect(first.code).toBe(0)
    const uuid = first.stdout.slice(0, 36)
    expect(await ok('observe', uuid)).toBe('hello from hello\nexited 0\n')
    expect(await ok('log', uuid)).toBe('hello from hello\n')
    await ok('schedule', 'fails', 'linux', 'fails.sh', '--no-run-now', '--period', 'never')
    const failed = await farm.farm('execute', 'fails', '--wait')
    expect([failed.code, failed.stdout.slice(37)]).toEqual([1, 'no\nexited 3\n'])
  })

  it('leaves artifacts, which are fetched and verified', async () => {
    const { execution, artifacts } = await executed('hello')
    expect(artifacts.map(({ name }) => name)).toEqual(['a/b c', 'file'])
    expect(await ok('artifacts', execution)).toMatch(
      /^[0-9a-f]{64} {2}5 {2}a\/b c\n[0-9a-f]{64} {2}5 {2}file\n$/,
    )
    expect(await ok('artifacts', execution, '--output', 'fetched')).toBe('fetched/a/b c\nfetched/file\n')
    expect(readFileSync(join(farm.directory, 'fetched/a/b c'), 'utf8')).toBe('deep\n')
    const document = await farm.json('artifacts', execution)
    expect(schemaProblems('farm-artifacts', document)).toEqual([])
  })

  it('becomes a record, which is read without a server', async () => {
    const { execution } = await executed('hello')
    await ok('export', execution, 'one.record')
    const offline = [
      'inspect',
      'one.record',
      '--remote',
      'http://127.0.0.1:1',
      '--token-file',
      '/nonexistent',
    ]
    const summary = await ok(...offline)
    expect(summary).toContain(`execution: ${execution}\njob:       hello (script)\nplatform:  linux\n`)
    expect(summary).toMatch(/result: {4}exited 0\nlog: {7}17 bytes\n\nattempt 1 {2}w1 {2}\w+ {2}exited 0\n/)
    expect(await ok(...offline, '--console')).toBe('hello from hello\n')
    expect(await ok(...offline, '--script')).toBe(readFileSync(join(farm.directory, 'hello.sh'), 'utf8'))
    expect(JSON.parse(await ok(...offline, '--job'))).toMatchObject({ name: 'hello', kind: 'script' })
    expect(await ok(...offline, '--output', 'from-record')).toBe('from-record/a/b c\nfrom-record/file\n')
    expect(schemaProblems('farm-record', JSON.parse(await ok(...offline, '--json')))).toEqual([])
    expect(await ok('inspect', execution, '--console')).toBe('hello from hello\n')
    expect(await ok('inspect', execution)).toBe(summary)
    const bytes = readFileSync(join(farm.directory, 'one.record'))
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 2) ^ 1, bytes.length - 2)
    writeFileSync(join(farm.directory, 'changed.record'), bytes)
    expect(await refused('inspect', 'changed.record', '--output', 'never')).toContain(
      'changed.record is no whole record of an execution: its bytes were changed',
    )
    expect(existsSync(join(farm.directory, 'never/file'))).toBe(false)
    writeFileSync(join(farm.directory, 'short.record'), bytes.subarray(0, -1))
    expect(await refused('inspect', 'short.record')).toContain('it should have')
    expect(await refused('inspect', 'hello.sh')).toContain('it does not begin as one')
  })

  it('is cancelled and retried', async () => {
    await ok('schedule', 'long', 'linux', 'long.sh', '--period', 'never')
    await eventually(async () => (await farm.farm('info')).stdout).toMatch(/ long {2}linux {2}running on w1/)
    const observing = farm.farm('observe-latest', '--job', 'long')
    const { running } = await farm.json<InfoAnswer>('info')
    const uuid = running[0]?.execution ?? ''
    await eventually(async () => (await farm.farm('log', uuid)).stdout).toBe('begun\n')
    expect(await ok('cancel', uuid)).toBe(`cancelled ${uuid}\n`)
    expect((await observing).stdout).toBe('begun\ncancelled\n')
    expect((await observing).code).toBe(1)
    const retried = (await ok('retry', uuid)).trim()
    expect(retried).not.toBe(uuid)
    await ok('cancel', retried)
    await ok('unschedule', 'long')
  })

  it('waits visibly, is changed, rescheduled and removed', async () => {
    await ok('schedule', 'gpu', 'linux', 'hello.sh', '--require', 'gpu', '--period', 'never')
    expect(await ok('info')).toMatch(/gpu {2}linux {2}queued: no worker fits: w1 /)
    expect(await ok('modify', 'gpu', '--priority', '5', '--timeout', '2h')).toBe('changed gpu\n')
    expect(await ok('reschedule', 'gpu', '2030-01-01T01:00:00+01:00', '--period', 'weekly')).toBe(
      'gpu runs next at 2030-01-01T00:00:00Z\n',
    )
    const { schedule } = await farm.json<InfoAnswer>('info')
    expect(schedule.find(({ job }) => job === 'gpu')).toMatchObject({ period: 'weekly' })
    expect(await ok('unschedule', 'gpu')).toBe('removed gpu\n')
    expect(await ok('info')).not.toContain('gpu')
  })
})

describe('what is said of the farm', () => {
  it('fits its schemas', async () => {
    for (const [command, name] of [
      ['info', 'farm-info'],
      ['history', 'farm-history'],
      ['workers', 'farm-workers'],
    ] as const) {
      expect(schemaProblems(name, await farm.json(command))).toEqual([])
    }
    expect(schemaProblems('farm-tokens', await farm.json('token', 'list'))).toEqual([])
    expect(
      schemaProblems('farm-execution', await farm.json('observe', (await executed('hello')).execution)),
    ).toEqual([])
    const job = await farm.json(
      'schedule',
      'other',
      'linux',
      'hello.sh',
      '--no-run-now',
      '--file',
      'hello.sh=x',
    )
    expect(schemaProblems('farm-job', job)).toEqual([])
    expect(schemaProblems('farm-job-view', await farm.json('modify', 'other', '--env', 'A=b'))).toEqual([])
    const { executions } = await farm.json<HistoryAnswer>('history', '--job', 'hello', '--limit', '1')
    expect(executions).toHaveLength(1)
    expect(schemaProblems('farm-retried', await farm.json('retry', executions[0]?.execution ?? ''))).toEqual(
      [],
    )
  })
})

describe('workers, platforms, tokens', () => {
  it('shows a worker that was asked to end as stopped', async () => {
    const { child, ended } = farm.worker('leaving', '--name', 'w0', '--sandbox', 'none')
    await eventually(async () => (await farm.farm('workers')).stdout).toMatch(/^w0 {2}idle/)
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    expect(await ok('workers')).toMatch(/^w0 {2}stopped {2}leaving/)
  })

  it('refuses an address to listen on that is none, before it makes anything', async () => {
    const { code, stderr } = await farm.farm('server', '--dir', 'nowhere', '--listen', 'here')
    expect([code, stderr]).toEqual([2, expect.stringContaining('option --listen is an address such as')])
    expect(existsSync(join(farm.directory, 'nowhere'))).toBe(false)
  })

  it('are drained, dropped, revoked, and taken back', async () => {
    expect(await ok('workers')).toMatch(/^w1 {2}\w+ {2}linux {2}\w+ {2}\S+none {2}cpu=8$/m)
    await ok('drain', 'w1')
    await eventually(async () => (await farm.farm('workers')).stdout).toMatch(/^w1 {2}drained/m)
    await ok('undrain', 'w1')
    await eventually(async () => (await farm.farm('workers')).stdout).toMatch(/^w1 {2}idle/m)
    await ok('schedule', 'on-old', 'old', 'hello.sh', '--no-run-now')
    await ok('drop-platform', 'old')
    expect(await refused('execute', 'on-old')).toBe('peipkg-farm: unknown job on-old\n')
    expect(await refused('schedule', 'for-old', 'old', 'hello.sh')).toBe(
      "peipkg-farm: platform dropped; can't schedule jobs\n",
    )
    await ok('undrop-platform', 'old')
    await ok('schedule', 'for-old', 'old', 'hello.sh', '--no-run-now')
    const token = await ok('token', 'create', 'reader', '--scope', 'read')
    script('reader.token', token)
    expect(await ok('history', '--token-file', 'reader.token')).toContain('hello')
    const { code, stderr } = await farm.farm('execute', 'hello', '--token-file', 'reader.token')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^peipkg-farm: .*submit/)])
    await ok('token', 'revoke', 'reader')
    expect((await farm.farm('history', '--token-file', 'reader.token')).code).toBe(1)
  })
})

describe('a backup', () => {
  it('is a copy of the directory of a server that is stopped, and all is there again', async () => {
    const { execution } = await executed('hello')
    await ok('schedule', 'kept', 'later', 'hello.sh', '--period', 'never')
    const before = await farm.json<InfoAnswer>('info')
    await farm.stopServer()
    const [state, copy] = [join(farm.directory, 'state'), join(farm.directory, 'copy')]
    cpSync(state, copy, { recursive: true, preserveTimestamps: true })
    rmSync(state, { recursive: true })
    renameSync(copy, state)
    await farm.startServer()
    const { schedule, queues } = await farm.json<InfoAnswer>('info')
    const waiting = (info: Pick<InfoAnswer, 'queues'>) =>
      info.queues.flatMap(({ executions }) => executions.map(({ execution: uuid }) => uuid))
    expect([schedule, waiting({ queues })]).toEqual([before.schedule, waiting(before)])
    expect(await ok('log', execution)).toBe('hello from hello\n')
    expect(await ok('artifacts', execution, '--output', 'restored')).toContain('restored/file\n')
    // The worker has come back by itself.
    expect((await executed('hello')).result_text).toBe('exited 0')
    await ok('unschedule', 'kept')
  })
})

describe('mistakes', () => {
  it('are refused in the words that scripts look for', async () => {
    expect(await refused('schedule', 'hello', 'linux', 'hello.sh')).toBe(
      'peipkg-farm: job name already used\n',
    )
    expect(await refused('execute', 'nosuch')).toBe('peipkg-farm: unknown job nosuch\n')
    expect(await refused('unschedule', 'nosuch')).toBe('peipkg-farm: unknown job nosuch\n')
    expect(await refused('observe', '00000000-0000-4000-8000-000000000000')).toBe(
      'peipkg-farm: uuid not found\n',
    )
    expect(await refused('execute', 'hello', '--platform', 'other')).toBe(
      'peipkg-farm: job is for a different platform: linux\n',
    )
    expect(await refused('observe-latest', '--platform', 'other')).toBe('peipkg-farm: No running jobs\n')
  })

  it('in options end with 2, and nothing is asked of the farm', async () => {
    for (const args of [
      ['schedule', 'x', 'linux', 'hello.sh', '--period', 'monthly'],
      ['schedule', 'x', 'linux', 'hello.sh', '--priority', '200'],
      ['schedule', 'x', 'linux', 'hello.sh', '--period', 'daily', '--cron', '* * * * *'],
      ['schedule-recipe', 'x', '.', '--version', '1-1', '--source', 'https://example.org'],
      ['reschedule', 'hello', 'tomorrow'],
      ['modify', 'hello'],
      ['token', 'create', 'x'],
      ['history', '--limit', '0'],
    ]) {
      expect((await farm.farm(...args)).code, args.join(' ')).toBe(2)
    }
  })

  it('in addresses and tokens say so', async () => {
    expect(await refused('info', '--remote', 'http://127.0.0.1:1')).toMatch(
      /^peipkg-farm: cannot reach the farm at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
    )
    script('wrong.token', 'wrong\n')
    expect((await farm.farm('info', '--token-file', 'wrong.token')).code).toBe(1)
    const { code, stdout } = await farm.farm('info', '--token-file', 'wrong.token', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'PEI_FARM_TOKEN' } })
  })
})

describe('a token file', () => {
  it('that is empty or no token is named', async () => {
    script('empty.token', '\n')
    script('two.token', 'one\ntwo\n')
    expect(await refused('info', '--token-file', 'empty.token')).toMatch(/empty\.token is empty/)
    expect(await refused('info', '--token-file', 'two.token')).toMatch(/two\.token holds more than a token/)
  })
})

describe('a name that cannot be', () => {
  it('is refused with what can be', async () => {
    expect(await refused('schedule', 'bad name', 'linux', 'hello.sh')).toBe(
      'peipkg-farm: job: "name" cannot be "bad name" (it is [A-Za-z0-9][A-Za-z0-9._+-]{0,127})\n',
    )
  })
})
