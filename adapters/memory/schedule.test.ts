import { expect, test } from 'bun:test'
import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { createProcess, createSchedule, defineSignals, processFeature, ref, signal } from '@justscale/core/process'
import { ScheduleDefinitionError } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'
import { InMemoryRepository } from './index.ts'
import { Purse } from '@justscale/core/process/contract-models'

class AuditSignals extends defineSignals((signal) => ({
  due: signal('/purse/:purse/audit')
    .types({ purse: ref(Purse) })
    .data<{ readonly day: string }>(),
})) {}

const report = createProcess({
  path: '/report/:day',
  async handler(_, { day }) {
    return `report of ${day}`
  },
})

const audited = createProcess({
  path: '/purse/:purse/audited',
  types: { Purse },
  inject: { audits: AuditSignals },
  async handler({ audits }) {
    return (await signal(audits.due)).day
  },
})

const purses = ModelRepository.of(Purse)

/** Starts a report a day, and audits every purse there is. */
const nightly = createSchedule({
  name: 'nightly',
  cron: '0 3 * * *',
  timeZone: 'Europe/Amsterdam',
  inject: { report, purses, audits: AuditSignals },
  async fire({ report, purses, audits }, { due }) {
    const day = due.toPlainDate().toString()
    await report({ day })
    for (const purse of await purses.find()) await audits.due({ purse, day })
  },
})

test('a schedule of the app starts processes and emits signals, with what it injects', async () => {
  const clock = new TestClock('2026-03-28T12:00:00Z')
  const store = new MemoryStore({ clock })
  const app = JustScale()
    .add(processFeature({ name: 'Processes', open: () => store, clock }))
    .add(bindRepository(purses, new InMemoryRepository()))
    .add(AuditSignals)
    .add(report)
    .add(audited)
    .add(nightly)
    .build()
  await app.start()
  const stored = await app.resolve(purses)
  const handle = await app.run(async () => await audited({ purse: await stored.insert({ owner: 'Ada', balance: 0 }) }))
  await clock.advanceTo('2026-03-29T00:59:59Z')
  expect(await store.find('/report/2026-03-29')).toBeUndefined()
  await clock.advanceTo('2026-03-29T01:00:00Z')
  expect(await store.find('/report/2026-03-29')).toMatchObject({ status: 'completed' })
  expect(await app.run(() => handle.result)).toBe('2026-03-29')
  await app.stop()
})

test('a rule that is none is refused where it is written', () => {
  expect(() => createSchedule({ name: 'bad', cron: 'every day', fire() {} })).toThrow(ScheduleDefinitionError)
  // @ts-expect-error: what was not injected is not there.
  createSchedule({ name: 'untyped', cron: '@daily', inject: { report }, fire: ({ audits }) => audits })
})
