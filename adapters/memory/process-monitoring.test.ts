import { expect, test } from 'bun:test'
import { bindInstance, defineService, JustScale, LogSink, type LogRecord, MetricsSource } from '@justscale/core'
import { createProcess } from '@justscale/core/process'
import { InMemoryProcessFeature } from './index.ts'

class Teller extends defineService({
  factory: () => ({
    async fail(): Promise<never> {
      throw new RangeError('broken')
    },
  }),
}) {}

const breaking = createProcess({
  path: '/breaking/:id',
  inject: { teller: Teller },
  async handler({ teller }) {
    await teller.fail()
  },
})

/** What a `/metrics` page would show. */
class Shown extends defineService({
  inject: { sources: MetricsSource },
  factory: ({ sources }) => ({
    text: async () => (await Promise.all(sources.map(async (source) => await source.text()))).join(''),
  }),
}) {}

test('metrics of the engine are part of what the app shows; failures are in its log, once, with what to do', async () => {
  const lines: LogRecord[] = []
  const sink = { level: 'info', write: (record: LogRecord) => void lines.push(record) } as const
  const app = JustScale()
    .add(bindInstance(LogSink, sink))
    .add(Teller)
    .add(breaking)
    .add(InMemoryProcessFeature)
    .add(Shown)
    .build()
  await app.start()
  const handle = await app.run(() => breaking({ id: '1' }))
  await expect(app.run(async () => await handle.result)).rejects.toThrow('broken')
  const shown = await app.resolve(Shown)
  const text = await app.run(() => shown.text())
  expect(text).toMatch(/^justscale_engine_failed_total 1$/m)
  expect(text).toMatch(/^justscale_engine_processes\{status="failed",exact="true"\} 1$/m)
  expect(text).toEndWith('\n')
  const told = lines.filter(({ rawMessage }) => rawMessage.includes('/breaking/1'))
  expect(told.map(({ level, rawMessage }) => [level, rawMessage])).toEqual([
    ['error', 'process /breaking/1 failed at line 18'],
  ])
  expect(told[0]?.properties).toMatchObject({
    process: '/breaking/1',
    hint: expect.stringContaining('just process retry'),
  })
  await app.stop()
})
