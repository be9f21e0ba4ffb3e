/** What a worker makes of an attempt, and what it tells the server: every error condition of file 10 that is the worker's has an end. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anAttempt, startWorker, type TestWorker } from '../attempts.ts'
import { eventually } from '../eventually.ts'
import { answer, type FakeServer, openFakeServer } from '../fake-server.ts'

let server: FakeServer
let worker: TestWorker

beforeEach(async () => {
  server = await openFakeServer()
  worker = startWorker(server.url)
})
afterEach(async () => {
  await worker.leave()
  await server.close()
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('a job', () => {
  it('is run with its files, and what it leaves is uploaded but for what it was given', async () => {
    const files = [
      { name: 'data/in', content: base64('given\n'), executable: false },
      { name: 'tool', content: base64('#!/bin/sh\necho tool "$1" "$KEY"\n'), executable: true },
      { name: 'changed', content: base64('before'), executable: false },
    ]
    const script =
      'cat data/in; ./tool x; echo after >changed; mkdir bin; echo b >bin/b; echo "$OUTPUT_DIR" | grep -q out; exit 3'
    const job = await server.give(anAttempt(script, { files, environment: { KEY: 'value' } }))
    const { result, artifacts, log_bytes: logBytes } = await job.finished
    expect(result).toEqual({ kind: 'exited', code: 3 })
    expect(job.log.toString()).toBe('given\ntool x value\n')
    expect(logBytes).toBe(job.log.length)
    expect(artifacts).toEqual([
      { name: 'bin/b', sha256: sha256('b\n'), bytes: 2 },
      { name: 'changed', sha256: sha256('after\n'), bytes: 6 },
    ])
    expect(job.artifacts.get('bin/b')?.toString()).toBe('b\n')
  })

  it('runs what its script names, and leaves nothing on the worker', async () => {
    const job = await server.give(anAttempt('#!/usr/bin/env node\nconsole.log(1 + 1)\n'))
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 0 })
    expect(job.log.toString()).toBe('2\n')
    const next = await server.give(anAttempt('mkdir -p a/b; echo x >a/b/c; chmod 0 a/b; ls ..'))
    await next.finished
    await server.give(anAttempt('true')).then(({ finished }) => finished)
    await eventually(() => readdirSync(worker.directory)).toEqual([])
  })

  it('says it when its interpreter is not there', async () => {
    const job = await server.give(anAttempt('#!/no/such/interpreter\n'))
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 127 })
    expect(job.log.toString()).toContain('not found')
  })

  it('may print whatever it likes, as much as is allowed', async () => {
    const job = await server.give(
      anAttempt('head -c 300000 /dev/urandom; echo; echo last', { limits: { log_bytes: 100_000 } as never }),
    )
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 0 })
    expect(job.log.length).toBeLessThanOrEqual(100_000)
    expect(job.log.toString('latin1')).toMatch(/the log was cut here: more than 100000 bytes\]\n$/)
  })

  it('is cancelled when the server says so', async () => {
    const job = await server.give(anAttempt('echo begun; sleep 300'))
    await eventually(() => job.log.toString()).toBe('begun\n')
    job.cancel = true
    expect((await job.finished).result).toEqual({ kind: 'cancelled' })
  })
})

describe('a server that fails', () => {
  it('gets the log it lacks when it answers again, and the job goes on', async () => {
    const job = await server.give(anAttempt('for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done'))
    let cut = 0
    server.intercept = (request, response) => {
      if (!request.url?.includes('/log') || cut++ % 2 === 1) return false
      if (cut % 4 === 1) response.destroy()
      else answer(response, 503, { error: { code: 'unavailable', message: 'later' } })
      return true
    }
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 0 })
    expect(job.log.toString()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n')
    expect(cut).toBeGreaterThan(2)
  })

  it('gets again what it lost of the log', async () => {
    const job = await server.give(anAttempt('echo one; sleep 0.5; echo two'))
    await eventually(() => job.log.toString()).toBe('one\n')
    job.log = Buffer.from('o')
    await job.finished
    expect(job.log.toString()).toBe('one\ntwo\n')
  })

  it('has an artifact resumed where it stopped', async () => {
    let cut = false
    server.intercept = (request, response) => {
      if (cut || request.method !== 'PUT') return false
      cut = true
      request.once('data', () => setTimeout(() => response.destroy(), 20))
      return false
    }
    const job = await server.give(anAttempt('head -c 1000000 /dev/zero >big'))
    const { result, artifacts } = await job.finished
    expect(result).toEqual({ kind: 'exited', code: 0 })
    expect(job.artifacts.get('big')?.length).toBe(1_000_000)
    expect(artifacts[0]?.bytes).toBe(1_000_000)
    expect(server.uploads.length).toBeGreaterThanOrEqual(1)
  })

  it('that refuses an artifact three times makes it infrastructure', async () => {
    let tries = 0
    server.intercept = (request, response) => {
      if (request.method !== 'PUT') return false
      tries += 1
      request.resume()
      answer(response, 507, { error: { code: 'disk-full', message: 'no space left on the server' } })
      return true
    }
    const job = await server.give(anAttempt('echo x >x'))
    const reason = 'artifact x cannot be uploaded: no space left on the server'
    expect((await job.finished).result).toEqual({ kind: 'infrastructure', reason })
    expect(tries).toBe(3)
  })

  it('that gave the attempt away hears nothing more of it', async () => {
    const job = await server.give(anAttempt('echo begun; sleep 300'))
    await eventually(() => job.log.toString()).toBe('begun\n')
    job.fenced = true
    await eventually(() => worker.lines.at(-1)).toMatch(/dropped: the server gave the job away/)
    expect(job.finish).toBeUndefined()
    expect((await (await server.give(anAttempt('true'))).finished).result).toEqual({
      kind: 'exited',
      code: 0,
    })
  })

  it('and is out of reach for long makes the worker end the job, and ask again', async () => {
    await worker.leave()
    worker = startWorker(server.url, { timing: { heartbeat: 50, lost: 600, grace: 100, claim: 1000 } })
    const job = await server.give(anAttempt('echo begun; sleep 300'))
    await eventually(() => job.log.toString()).toBe('begun\n')
    server.intercept = (request, response) => {
      if (!request.url?.includes('/attempts/')) return false
      response.destroy()
      return true
    }
    await expect.poll(() => worker.lines.at(-1)).toMatch(/dropped: the server was out of reach/)
    server.intercept = undefined
    expect((await (await server.give(anAttempt('true'))).finished).result).toEqual({
      kind: 'exited',
      code: 0,
    })
  })
})

describe('what does not fit', () => {
  it('an artifact larger than allowed is infrastructure, with its name', async () => {
    const job = await server.give(anAttempt('echo 12345 >large', { limits: { artifact_bytes: 5 } as never }))
    const reason = 'artifact large has 6 bytes, 5 are allowed'
    expect((await job.finished).result).toEqual({ kind: 'infrastructure', reason })
    expect(job.log.toString()).toBe(`[peipkg-farm: ${reason}]\n`)
  })

  it('a file that would lead out of the job is refused', async () => {
    const files = [{ name: '../outside', content: '', executable: false }]
    const job = await server.give(anAttempt('true', { files }))
    expect((await job.finished).result).toMatchObject({ kind: 'infrastructure' })
  })

  it('a sandbox that the worker does not have is never replaced', async () => {
    const job = await server.give(anAttempt('true', { sandbox: 'bwrap' }))
    const reason = 'the job wants sandbox bwrap, which this worker does not have'
    expect((await job.finished).result).toEqual({ kind: 'infrastructure', reason })
  })
})
