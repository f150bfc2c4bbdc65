import { expect, test } from 'bun:test'
import { createEngine, defineSchedule } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'
import { billing, failing, hand, ledger, subscription } from '../runtime/test/processes.ts'
import { World } from '../runtime/test/world.ts'
import { createInspector } from './inspector.ts'

test('a waiting process shows its source, the waiting line, locals, timers and what it listens for', async () => {
  const world = new World(subscription, hand)
  const engine = await world.engine()
  const inspector = createInspector(engine)
  await engine.run(subscription, { user: 'ada' })
  await world.clock.advance({ months: 1 })
  const seen = await inspector.inspect('/subscription/ada')
  expect(seen?.source.find((line) => line.marked)?.text).toContain('switch (true)')
  expect(seen?.file).toEndWith('processes.ts')
  expect(seen?.frames).toMatchObject([{ locals: { months: 1, user: 'ada' } }])
  expect(seen?.timers).toEqual([new Date('2026-03-28T10:00:00Z').getTime()])
  expect(seen?.subscriptions).toEqual(['/user/:user/cancelled?user=ada'])
  expect(seen?.record.place.waits).toEqual(['delay until 2026-03-28T10:00:00.000Z', 'signal /user/:user/cancelled'])
  expect(seen?.timeline.map((line) => line.kind)).toContain('step')
  expect(await inspector.inspect('/subscription/nobody')).toBeUndefined()
  await engine.stop()
})

test('what has arrived and waits to be consumed is shown', async () => {
  const world = new World(hand)
  const engine = await world.engine()
  const handle = await engine.run(hand, { table: 't', hand: 'h' })
  await world.clock.settle()
  await handle.pause()
  await world.clock.settle()
  await engine.emit(billing.acted, { table: 't', player: 'p', bet: 1 })
  const seen = await createInspector(engine).inspect(handle.path)
  expect(seen?.record.status).toBe('paused')
  expect(seen?.inbox.map(({ value }) => value)).toEqual([{ table: 't', player: 'p', bet: 1 }])
  await engine.stop()
})

test('a failed process shows its error and the failing line', async () => {
  ledger.splice(0)
  const world = new World(failing)
  const engine = await world.engine()
  await engine.run(failing, { id: 'f' })
  await world.clock.settle()
  const seen = await createInspector(engine).inspect('/failing/f')
  expect(seen?.outcome).toMatchObject({ kind: 'threw', error: { message: 'no money' } })
  expect(seen?.source.find((line) => line.marked)?.text).toContain("payments.fail('no money')")
  expect(await createInspector(engine).list({ status: ['failed'] })).toHaveLength(1)
  await engine.stop()
})

test('schedules show what they fired for and when they fire next', async () => {
  const clock = new TestClock('2026-01-31T10:30:00Z')
  const schedules = [defineSchedule({ name: 'hourly', cron: '0 * * * *', fire() {} })]
  const engine = createEngine({ store: new MemoryStore({ clock }), schedules, clock })
  await engine.start()
  await clock.advance({ hours: 1 })
  const due = new Date('2026-01-31T11:00:00Z').getTime()
  expect(await createInspector(engine).schedules()).toEqual([
    {
      name: 'hourly',
      cron: '0 * * * *',
      timeZone: 'UTC',
      since: due - 1_800_000,
      fired: due,
      firedAt: due,
      firings: 1,
      next: due + 3_600_000,
    },
  ])
  await engine.stop()
})
