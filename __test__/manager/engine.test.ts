import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { freshDirectory } from './directory.ts'
import { createFakeFarm, type FakeFarm, recipe, start } from './fake-farm.ts'

const directory = freshDirectory()
const minute = 60_000
const hour = 60 * minute
let farm: FakeFarm
let daemon: Promise<void> | undefined

afterEach(async () => {
  farm.engine.stop()
  await daemon
  daemon = undefined
})

async function live(settings: Parameters<typeof createFakeFarm>[1] = {}): Promise<FakeFarm> {
  farm = createFakeFarm(directory.path, settings)
  await farm.engine.prepare()
  return farm
}

async function watching(): Promise<void> {
  daemon = farm.engine.runDaemon(async () => undefined)
  await farm.settle()
}

async function at(time: number): Promise<void> {
  farm.clock.goTo(start + time)
  await farm.settle()
}

const count = (call: string) => farm.calls.filter((made) => made === call).length
const said = (text: string) => farm.log.filter((line) => line.includes(text))

describe('the engine', () => {
  it('tells where it stands: idle, after a success, with failures', async () => {
    await live()
    expect(farm.engine.status()).toMatchObject({
      farmId: 'f',
      recipes: ['hello'],
      buildsAttempted: 0,
      inFlight: undefined,
      failures: new Map(),
      queued: 0,
      uploadPending: undefined,
    })
    farm.tags.push('v2')
    farm.broken.set('peipkg-build build', 'exit status 1')
    await watching()
    expect(farm.engine.status()).toMatchObject({ buildsAttempted: 2, buildsSucceeded: 0 })
    expect([...farm.engine.status().failures]).toEqual([
      ['hello@1-1', { failures: 1, nextRetry: start + minute }],
      ['hello@2-1', { failures: 1, nextRetry: start + minute }],
    ])
    farm.broken.clear()
    await at(hour)
    expect(farm.engine.status()).toMatchObject({
      buildsAttempted: 4,
      buildsSucceeded: 2,
      failures: new Map(),
    })
    expect(farm.engine.status().lastPublish).toBe(start + hour)
    expect(
      (await farm.engine.history('hello', 9)).map(({ version, result }) => `${version} ${result}`),
    ).toEqual(['1-1 published', '2-1 published', '1-1 failed', '2-1 failed'])
  })

  it('leaves a version alone until its time has come, and others not', async () => {
    await live()
    farm.roster = { recipes: [recipe('hello', { pollInterval: minute })], problems: new Map() }
    farm.broken.set('peipkg-build build', 'exit status 1')
    await watching()
    farm.engine.reload()
    await farm.settle()
    // After 1 minute, then 5 more, then 15 more, whatever the polls in between.
    for (let passed = 1; passed <= 22; passed++) await at(passed * minute)
    expect(said('build failed').map((line) => line.replace(/.*next_retry_after=/, ''))).toEqual([
      '1m0s',
      '5m0s',
      '15m0s',
      '1h0m0s',
    ])
    expect(count('git ls-remote')).toBeGreaterThan(20)
    expect(said('in failure backoff window')[0]).toBe(
      'debug trigger skipped (in failure backoff window) recipe=hello version=1-1 source=poll',
    )
  })

  it('builds what it cannot tell to be published', async () => {
    await live()
    mkdirSync(join(farm.state.repo, 'index'), { recursive: true })
    writeFileSync(join(farm.state.repo, 'index/archive.json'), '{')
    await watching()
    expect(said('dedup check failed; proceeding with build')[0]).toMatch(
      /^warn .* recipe=hello err=cannot read .*archive\.json/,
    )
    expect(count('peipkg-build build')).toBe(1)
  })

  it('tells of outputs that cannot be moved, and puts the version off for nothing', async () => {
    await live()
    rmSync(farm.state.publish, { recursive: true })
    await watching()
    expect(said('stage outputs failed')).toEqual([
      expect.stringMatching(/^error stage outputs failed recipe=hello version=1-1 err=/),
    ])
    expect(farm.engine.status().failures).toEqual(new Map())
    mkdirSync(farm.state.publish)
    await at(hour)
    expect(said('build + publish complete')).toHaveLength(1)
  })

  it('goes on with a trigger whose version it cannot compare', async () => {
    await live()
    farm.roster = { recipes: [recipe('hello', { minVersion: '/' })], problems: new Map() }
    farm.engine.reload()
    await watching()
    expect(said('min_version recheck failed; proceeding')).not.toEqual([])
    expect(count('peipkg-build build')).toBe(1)
  })

  it('tries an upload that failed again by itself, and counts its versions then', async () => {
    await live({ uploadBackend: 'rclone' })
    farm.broken.set('rclone sync', 'exit status 3')
    await watching()
    expect(said('publish failed')).toEqual([
      'error publish failed recipe=hello version=1-1 err=exit status 3 next_retry_after=1m0s',
    ])
    expect(farm.engine.status().uploadPending).toEqual({ failures: 1, nextRetry: start + minute })
    await at(minute)
    expect(said('upload failed')).toEqual(['error upload failed err=exit status 3 next_retry_after=5m0s'])
    farm.broken.clear()
    await at(6 * minute)
    expect(count('rclone sync')).toBe(3)
    expect(count('peipkg-build build')).toBe(1)
    expect(farm.engine.status()).toMatchObject({
      buildsSucceeded: 1,
      failures: new Map(),
      uploadPending: undefined,
    })
    expect(said('build + publish complete')).toHaveLength(1)
    expect(existsSync(farm.state.uploadPending)).toBe(false)
  })

  it('lets another publication carry what was not uploaded', async () => {
    await live({ uploadBackend: 'rclone' })
    farm.broken.set('rclone sync', 'exit status 3')
    await watching()
    farm.broken.clear()
    farm.tags.push('v2')
    farm.engine.poll('hello', 'webhook')
    await farm.settle()
    expect(farm.engine.status()).toMatchObject({ buildsSucceeded: 2, uploadPending: undefined })
    await at(2 * minute)
    expect(count('rclone sync')).toBe(2)
  })

  it('signs anew what nobody published to for long, and again after a failure', async () => {
    await live({ resignAfter: 3 * hour })
    await watching()
    expect(count('peipkg-repo publish')).toBe(1)
    await at(3 * hour - 1)
    expect(count('peipkg-repo publish')).toBe(1)
    farm.broken.set('peipkg-repo publish', 'exit status 1')
    await at(3 * hour)
    expect(said('signing anew failed')).toHaveLength(1)
    farm.broken.clear()
    await at(3 * hour + minute)
    expect(said('repository signed anew')).toHaveLength(1)
    await at(6 * hour)
    expect(count('peipkg-repo publish')).toBe(3)
    await at(6 * hour + minute)
    expect(count('peipkg-repo publish')).toBe(4)
  })

  it('makes one reload of many requests, also of those before it runs', async () => {
    await live()
    farm.roster = { recipes: [recipe('a'), recipe('b')], problems: new Map([['c', 'recipe c: bad']]) }
    for (let request = 0; request < 5; request++) farm.engine.reload()
    await watching()
    expect(said('recipes reloaded')).toEqual(['info recipes reloaded count=2 dir=/recipes'])
    expect(said('recipe skipped')).toEqual(['error recipe skipped recipe=c err=recipe c: bad'])
    for (let request = 0; request < 5; request++) farm.engine.reload()
    await farm.settle()
    expect(said('recipes reloaded')).toHaveLength(2)
    expect(farm.engine.status().recipes).toEqual(['a', 'b'])
    expect(farm.engine.poll('hello', 'webhook')).toBe(false)
  })

  it('forgets a failure whose packages went out with another job', async () => {
    await live()
    farm.broken.set('peipkg-repo publish', 'exit status 1')
    await watching()
    expect(said('publish failed')).toHaveLength(1)
    farm.broken.clear()
    farm.tags.push('v2')
    await at(hour)
    await at(2 * hour)
    expect(count('peipkg-build build')).toBe(2)
    expect(farm.engine.status()).toMatchObject({ buildsSucceeded: 1, failures: new Map() })
  })
})
