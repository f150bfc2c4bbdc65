import { beforeEach, expect, test } from 'bun:test'
import { ProcessCancelled } from '@justscale/engine'
import { createInspector } from '@justscale/engine/inspector'
import { broken, busy, diary, elder, grandchild, home, middle, worried } from './families.ts'
import { World } from './world.ts'

beforeEach(() => void diary.splice(0))

const family = () => new World(elder, middle, grandchild, busy, broken, worried)
const before = (first: string, second: string) => diary.indexOf(first) < diary.indexOf(second)

test('children end before their parent does, all the way down, on whatever node they are', async () => {
  const world = family()
  const [first, second] = [await world.engine(), await world.engine()]
  const handle = await first.run(elder, { id: 'a' })
  await world.clock.advance(1_000)
  expect(await second.process(handle.path).cancel('moving out')).toBe(true)
  await world.clock.advance(1_000)
  expect([...diary].sort()).toEqual(['a-1-x tidies up', 'a-2-x tidies up'])
  expect(await handle.status).toBe('waiting')
  const seen = await createInspector(second).inspect(handle.path)
  expect(seen?.record.place.waits).toEqual([
    'end of /middle/a-1, which is being cancelled',
    'end of /middle/a-2, which is being cancelled',
  ])
  expect(seen?.children).toEqual(['/middle/a-1', '/middle/a-2'])
  expect(await handle.cancel('again')).toBe(false)
  await world.clock.advance({ hours: 1 })
  const error = await Promise.resolve(second.process(handle.path).result).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ProcessCancelled)
  expect((error as ProcessCancelled).reason).toBe('moving out')
  expect(diary).toHaveLength(7)
  for (const child of ['a-1', 'a-2']) {
    expect([before(`${child}-x is gone`, `${child} is gone`), before(`${child} is gone`, 'a is gone')]).toEqual([
      true,
      true,
    ])
  }
  expect(world.events.filter(({ kind }) => kind !== 'ended')).toEqual([])
  await first.stop()
  await second.stop()
})

test('a step in flight ends first; nothing that follows it runs but what cleans up', async () => {
  const world = family()
  const engine = await world.engine()
  const handle = await engine.run(busy, { id: 'b' })
  await world.clock.settle()
  expect(diary).toEqual(['b works begins'])
  await handle.cancel()
  await world.clock.advance(1_000)
  expect(diary).toEqual(['b works begins', 'b works ends', 'b-1 tidies up'])
  await world.clock.advance({ hours: 1 })
  expect(diary.slice(3)).toEqual(['b-1 is gone', 'b is gone'])
  expect(await handle.status).toBe('cancelled')
  home.finish()
  await engine.stop()
})

test('a failed parent and a failed child can be cancelled too', async () => {
  const world = family()
  const engine = await world.engine()
  const handle = await engine.run(worried, { id: 'w' })
  await world.clock.settle()
  expect([await handle.status, await engine.process('/broken/w').status]).toEqual(['failed', 'failed'])
  await handle.cancel()
  await world.clock.settle()
  expect([await handle.status, await engine.process('/broken/w').status]).toEqual(['waiting', 'cancelled'])
  await world.clock.advance({ hours: 1 })
  expect([await handle.status, diary]).toEqual(['cancelled', ['w unwinds', 'w-1 tidies up', 'w-1 is gone']])
  await engine.stop()
})

test('what is to be cancelled waits for its children on the node that takes over, too', async () => {
  const world = family()
  const first = await world.engine()
  const handle = await first.run(elder, { id: 'c' })
  await world.clock.settle()
  await handle.cancel()
  await world.clock.settle()
  await first.stop()
  await world.clock.advance({ hours: 2 })
  const second = await world.engine()
  await world.clock.settle()
  expect(await second.process(handle.path).status).toBe('cancelled')
  expect(diary.at(-1)).toBe('c is gone')
  await second.stop()
})
