/** What every store promises of schedules: part of `storeContract`. */
import { expect, test } from 'bun:test'
import type { ScheduleFiring, SignalEmission, StartRequest } from '../store/records.ts'
import type { EngineStore } from '../store/store.ts'

export interface ScheduleCases {
  withStore(
    body: (at: { readonly store: EngineStore; advance(milliseconds: number): Promise<void> }) => Promise<void>,
  ): Promise<void>
  request(path: string, options?: Partial<StartRequest>): StartRequest
  emission(key: string): SignalEmission
}

const rule = { name: 'nightly', cron: '0 3 * * *', timeZone: 'UTC' }

export function scheduleContract({ withStore, request, emission }: ScheduleCases): void {
  const firing = (due: number, more: Partial<ScheduleFiring> = {}): ScheduleFiring => ({
    name: 'nightly',
    due,
    start: [],
    emit: [],
    ...more,
  })

  test('a schedule that is new or changed counts from now on; a known one goes on', () =>
    withStore(async ({ store, advance }) => {
      const before = await store.now()
      const [first] = await store.putSchedules([rule])
      expect(first).toMatchObject({ ...rule, firings: 0 })
      expect(first?.fired).toBeUndefined()
      expect(first?.since).toBeGreaterThanOrEqual(before)
      await advance(20)
      expect(await store.putSchedules([rule])).toEqual(first ? [first] : [])
      const changed = { ...rule, cron: '0 4 * * *' }
      const [second, other] = await store.putSchedules([changed, { ...rule, name: 'hourly' }])
      expect(second).toMatchObject(changed)
      expect(second?.since).toBeGreaterThan(first?.since ?? 0)
      expect((await store.schedules()).map(({ name }) => name)).toEqual(['hourly', 'nightly'])
      expect(other?.name).toBe('hourly')
    }))

  test('a moment is fired for once, with what it starts and emits', () =>
    withStore(async ({ store, advance }) => {
      const [known] = await store.putSchedules([rule])
      await advance(20)
      const due = (known?.since ?? 0) + 10
      const subscribe = [{ number: 1, key: 'k' }]
      const first = firing(due, { start: [request('/test/1', { subscribe })], emit: [emission('k')] })
      const second = firing(due, { start: [request('/test/2', { subscribe })], emit: [emission('k')] })
      expect((await Promise.all([store.fire(first), store.fire(second)])).filter(Boolean)).toHaveLength(1)
      expect(await store.fire(first)).toBe(false)
      const started = await store.list({})
      expect(started).toHaveLength(1)
      expect((await store.load(started[0]?.id ?? ''))?.inbox).toHaveLength(1)
      const [record] = await store.schedules()
      expect(record).toMatchObject({ fired: due, firings: 1 })
      expect(record?.firedAt).toBeGreaterThanOrEqual(due)
    }))

  test('moments before it was known, before the last one, or still to come are not fired for', () =>
    withStore(async ({ store, advance }) => {
      const [known] = await store.putSchedules([rule])
      const since = known?.since ?? 0
      await advance(100)
      expect(await store.fire(firing(since))).toBe(false)
      expect(await store.fire(firing(since + 60_000, { start: [request('/test/early')] }))).toBe(false)
      expect(await store.fire(firing(since + 50))).toBe(true)
      expect(await store.fire(firing(since + 40))).toBe(false)
      expect(await store.fire(firing(since + 60))).toBe(true)
      expect(await store.fire({ ...firing(since + 70), name: 'unknown' })).toBe(false)
      expect(await store.list({})).toEqual([])
      expect((await store.schedules())[0]?.firings).toBe(2)
    }))
}
