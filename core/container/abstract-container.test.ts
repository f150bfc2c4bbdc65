import { describe, expect, test } from 'bun:test'
import {
  AbstractContainer,
  bindService,
  createContribution,
  createController,
  createFeatureBuilder,
  defineContribution,
  defineService,
  JustScale,
} from '../index.ts'
import { Mailer, RealMailer, Greeter } from '../test/app-parts.ts'

describe('the container of an app', () => {
  test('can be asked what there is, in order, by services too', async () => {
    class Rules extends defineContribution<string>('Rules') {}
    class Report extends defineService({
      name: 'Report',
      inject: { container: AbstractContainer },
      factory: ({ container }) => ({
        kinds: () => container.components().map(({ kind, name }) => `${kind} ${name}`),
        has: (token: unknown) => container.has(token),
        mailer: () => container.resolved(Mailer),
      }),
    }) {}
    class Part extends createFeatureBuilder()
      .name('Part')
      .provides((app) => app.add(Report)) {}
    const app = JustScale()
      .add(bindService(Mailer, RealMailer))
      .add(createContribution(Rules, { factory: () => 'one' }))
      .add(Part)
      .add(createController('/x', { routes: () => ({ one: { transport: 'http' }, two: { transport: 'cli' } }) }))
      .build()
    const report = await app.resolve(Report)
    expect(report.kinds()).toEqual([
      'binding Mailer as RealMailer',
      'contribution contribution to Rules',
      'service Report',
      'feature Part',
      'controller controller /x',
    ])
    expect([report.has(Mailer), report.has(Rules), report.has(Greeter)]).toEqual([true, true, false])
    expect(report.mailer()).toBeUndefined()
    expect(await app.resolve(Mailer)).toBe(report.mailer() as Mailer)
    await app.prepare()
    const [controller] = app.container.controllers({ transport: 'cli' })
    expect([controller?.name, Object.keys(controller?.instance.routes ?? {})]).toEqual(['controller /x', ['two']])
    expect(app.container.components('service').map(({ name }) => name)).toEqual(['Report'])
  })
})
