import { describe, expect, it } from 'vitest'
import type { Recipe, Trigger } from '../../ts/manager/model.ts'
import { createQueue } from '../../ts/manager/queue.ts'

const recipe = { id: 'hello' } as Recipe

function trigger(tag: string, commit = 'a'): Trigger {
  return { recipe, tag, captured: tag, commit, source: 'poll' }
}

const never = new AbortController().signal

describe('the queue of triggers', () => {
  it('hands triggers out in the order in which they came', async () => {
    const queue = createQueue()
    await queue.push(trigger('v2'), never)
    await queue.push(trigger('v1'), never)
    expect((await queue.take())?.tag).toBe('v2')
    expect((await queue.take())?.tag).toBe('v1')
  })

  it('holds each tag once, as it was last seen', async () => {
    const queue = createQueue()
    await queue.push(trigger('v2'), never)
    await queue.push(trigger('v1'), never)
    await queue.push(trigger('v2', 'b'), never)
    expect(queue.size).toBe(2)
    expect(await queue.take()).toMatchObject({ tag: 'v2', commit: 'b' })
  })

  it('makes producers wait while it is full', async () => {
    const queue = createQueue(2)
    const pushed: string[] = []
    const all = Promise.all(
      ['a', 'b', 'c'].map(async (tag) => {
        await queue.push(trigger(tag), never)
        pushed.push(tag)
      }),
    )
    await new Promise(setImmediate)
    expect(pushed).toEqual(['a', 'b'])
    await queue.take()
    await all
    expect(queue.size).toBe(2)
  })

  it('lets a producer go when its epoch ends', async () => {
    const queue = createQueue(1)
    const abort = new AbortController()
    await queue.push(trigger('a'), never)
    const pushing = queue.push(trigger('b'), abort.signal)
    abort.abort()
    await pushing
    expect(queue.size).toBe(1)
  })

  it('ends once finished and empty, or at once when closed', async () => {
    const queue = createQueue()
    await queue.push(trigger('a'), never)
    queue.finish()
    expect((await queue.take())?.tag).toBe('a')
    expect(await queue.take()).toBeUndefined()
    const closed = createQueue()
    const taking = closed.take()
    closed.close()
    expect(await taking).toBeUndefined()
  })
})
