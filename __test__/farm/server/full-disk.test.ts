/** A full disk, and artifacts that are too large: refused by name, shown to the operator (file 10, Promises). */
import { expect, test } from 'vitest'
import type { Attempt } from '../../../ts/farm/api/attempt.ts'
import type { InfoAnswer } from '../../../ts/farm/api/info.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import { onEveryEngine } from './engines.ts'

const configuration = '[limits]\nmin_free = "4000TiB"\nartifact = "1KiB"\nlog = "10B"\n'

onEveryEngine('a full disk', { configuration }, (world) => {
  test('uploads are refused while the disk is full, and the result is told all the same', async () => {
    const execution = await world().submit({ name: 'full', platform: 'full' })
    const worker = world().as((await world().claim('w', 'full')) as Attempt)
    expect(await worker.upload('a', Buffer.from('a'))).toMatchObject({
      status: 507,
      body: { error: { code: 'disk-full' } },
    })
    expect((await world().ask<InfoAnswer>('GET', paths.info)).body.problems.join()).toContain(
      'full: uploads are refused',
    )
    expect(await worker.upload('b', Buffer.alloc(2048))).toMatchObject({
      status: 413,
      body: { error: { code: 'too-large' } },
    })
    expect(await worker.log(0, 'more than ten bytes')).toMatchObject({ status: 413 })
    await worker.finish({ result: { kind: 'infrastructure', reason: 'artifact a could not be sent' } })
    expect((await world().view(execution)).reason).toContain('artifact a could not be sent')
  })
})
