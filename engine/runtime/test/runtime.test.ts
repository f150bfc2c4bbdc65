import { beforeEach, describe, expect, test } from 'bun:test'
import { ProcessCancelled, ValueEncodeError } from '@justscale/engine'
import {
  billing,
  child,
  draining,
  failing,
  fan,
  gate,
  guarded,
  hand,
  ledger,
  listening,
  mended,
  parent,
  payments,
  publishing,
  subscription,
  twoSteps,
  unstorable,
} from './processes.ts'
import { World } from './world.ts'

beforeEach(() => void ledger.splice(0))

describe('waiting', () => {
  test('a subscription charges every calendar month until it is cancelled', async () => {
    const world = new World(subscription)
    const engine = await world.engine()
    const handle = await engine.run(subscription, { user: 'ada' })
    await world.clock.advanceTo('2026-02-28T09:59:00Z')
    expect(ledger).toEqual([])
    await world.clock.advanceTo('2026-02-28T10:00:00Z')
    expect(ledger).toEqual(['charge ada'])
    await world.clock.advanceTo('2026-04-28T10:00:00Z')
    expect(ledger).toHaveLength(3)
    expect(engine.running).toBe(0)
    await engine.emit(billing.cancelled, { user: 'bob' })
    await engine.emit(billing.cancelled, { user: 'ada' })
    expect(await handle.result).toEqual({ status: 'cancelled', months: 3 })
    await world.clock.advance({ months: 6 })
    expect(ledger).toHaveLength(3)
    await engine.stop()
  })

  test('a poker hand: a helper with parameters and results, awaited four times', async () => {
    const world = new World(hand)
    const engine = await world.engine()
    const handle = await engine.run(hand, ['t1', 'h1'])
    for (let bet = 1; bet <= 8; bet++) await engine.emit(billing.acted, { table: 't1', player: `p${bet}`, bet })
    expect(await handle.result).toEqual({ total: 36, winner: 'river:p8', actions: 8 })
    expect(ledger).toEqual(['charge t1'])
    await engine.stop()
  })

  test('what was emitted before the wait was reached is not lost', async () => {
    const world = new World(subscription)
    const engine = await world.engine()
    const handle = await engine.run(subscription, { user: 'ada' })
    await engine.emit(billing.cancelled, { user: 'ada' })
    expect(await handle.result).toEqual({ status: 'cancelled', months: 0 })
    await engine.stop()
  })

  test('of two ready arms the earlier wins, also when nobody was there', async () => {
    const world = new World(subscription)
    const first = await world.engine()
    const handle = await first.run(subscription, { user: 'ada' })
    await world.clock.settle()
    await first.stop()
    await world.clock.advance({ months: 1, days: 1 })
    const second = await world.engine()
    await second.emit(billing.cancelled, { user: 'ada' })
    await world.clock.settle()
    expect(await second.process(handle.path).result).toEqual({ status: 'cancelled', months: 1 })
    await second.stop()
  })

  test('an answer that comes during the request is waited for by its listener', async () => {
    const world = new World(listening)
    const engine = await world.engine()
    gate.request = (pledge) => engine.emit(billing.charged, { pledge, ok: true })
    const handle = await engine.run(listening, { id: 'x' })
    expect(await handle.result).toBe(true)
    await engine.stop()
  })

  test('drain drops what came before', async () => {
    const world = new World(draining)
    const engine = await world.engine()
    const handle = await engine.run(draining, { table: 't' })
    await engine.emit(billing.acted, { table: 't', player: 'early', bet: 1 })
    await world.clock.advance({ minutes: 6 })
    await engine.emit(billing.acted, { table: 't', player: 'late', bet: 1 })
    expect(await handle.result).toBe('late')
    await engine.stop()
  })

  test('fibers wait at the same time', async () => {
    const world = new World(fan)
    const engine = await world.engine()
    const handle = await engine.run(fan, { id: 'f' })
    await world.clock.advance({ minutes: 3 })
    expect(await handle.result).toBe(3)
    expect(ledger).toEqual(['charge f 1', 'charge f 2', 'charge f 3'])
    await engine.stop()
  })
})

describe('starting and ending', () => {
  test('starting twice gives the same process and runs it once', async () => {
    const world = new World(twoSteps)
    const engine = await world.engine()
    const one = await engine.run(twoSteps, { id: 'a b/c' })
    const two = await engine.run(twoSteps, ['a b/c'])
    expect(one.path).toBe('/two/a%20b%2Fc')
    expect(two.path).toBe(one.path)
    expect(await one.result).toBe(2)
    await (
      await engine.run(twoSteps, { id: 'a b/c' })
    ).result
    expect(ledger).toEqual(['charge a b/c one', 'charge a b/c two'])
    await engine.stop()
  })

  test('a failed process keeps its place; retry runs on from the failing line', async () => {
    const world = new World(failing)
    const engine = await world.engine()
    const handle = await engine.run(failing, { id: 'f' })
    await expect(Promise.resolve(handle.result)).rejects.toThrow('no money')
    expect(await handle.status).toBe('failed')
    expect(world.events.find((event) => event.kind === 'failed')).toMatchObject({ process: '/failing/f' })
    await handle.pause()
    await world.clock.settle()
    expect(await handle.status).toBe('failed')
    await expect(Promise.resolve(handle.result)).rejects.toThrow('no money')
    const { fail } = payments
    payments.fail = (async () => undefined) as never
    await handle.resume()
    await handle.retry()
    await world.clock.settle()
    payments.fail = fail
    expect(await handle.status).toBe('completed')
    expect(ledger).toEqual(['charge f', 'fail no money'])
    await engine.stop()
  })

  test('after a retry the result is how the retry ends, not the failure before it', async () => {
    const world = new World(failing)
    const before = await world.engine()
    const handle = await before.run(failing, { id: 'again' })
    await expect(Promise.resolve(handle.result)).rejects.toThrow('no money')
    await before.stop()
    await handle.retry()
    let ended: unknown
    const result = Promise.resolve(handle.result).catch((error: Error) => (ended = error.message))
    await world.clock.settle()
    expect(ended).toBeUndefined()
    const { fail } = payments
    payments.fail = () => Promise.reject(new Error('still no money'))
    const after = await world.engine()
    await world.clock.settle()
    payments.fail = fail
    await result
    expect(ended).toBe('still no money')
    await expect(Promise.resolve(handle.result)).rejects.toThrow('still no money')
    await after.stop()
  })

  test('a signal that arrives while a process is failed is there after the retry', async () => {
    const world = new World(mended)
    const engine = await world.engine()
    const handle = await engine.run(mended, { table: 't' })
    await world.clock.settle()
    expect(await handle.status).toBe('failed')
    await engine.emit(billing.acted, { table: 't', player: 'ada', bet: 1 })
    const { fail } = payments
    payments.fail = (async () => undefined) as never
    await handle.retry()
    await world.clock.settle()
    payments.fail = fail
    expect(await handle.result).toBe('ada')
    await engine.stop()
  })

  test('cancelling throws at the wait; catch and finally run and may await', async () => {
    const world = new World(guarded)
    const engine = await world.engine()
    const handle = await engine.run(guarded, { id: 'g' })
    await world.clock.settle()
    expect(await handle.cancel('enough')).toBe(true)
    const error = await Promise.resolve(handle.result).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ProcessCancelled)
    expect((error as ProcessCancelled).reason).toBe('enough')
    expect(ledger).toEqual(['charge refund g', 'charge clean g'])
    expect(await handle.status).toBe('cancelled')
    expect(await handle.cancel()).toBe(false)
    await engine.stop()
  })

  test('children run by themselves and give their results; cancelling goes down', async () => {
    const world = new World(parent, child)
    const engine = await world.engine()
    const handle = await engine.run(parent, { id: 'p' })
    await world.clock.advance({ hours: 1 })
    expect(await handle.result).toEqual(['child p-1', 'child p-2'])
    const other = await engine.run(parent, { id: 'q' })
    await world.clock.settle()
    await other.cancel()
    await world.clock.settle()
    expect(await engine.process('/child/q-1').status).toBe('cancelled')
    await engine.stop()
  })

  test('a process whose step kills its nodes is quarantined, and runs on after a retry', async () => {
    const world = new World(twoSteps)
    const engine = await world.engine()
    const { charge } = payments
    payments.charge = () => new Promise(() => {})
    const handle = await engine.run(twoSteps, { id: 'deadly' })
    for (let node = 1; node <= 3; node++) {
      await world.clock.settle()
      expect(await handle.status).toBe('running')
      world.store.kill(node)
    }
    await world.clock.settle()
    expect(await handle.status).toBe('quarantined')
    await handle.pause()
    await handle.resume()
    await world.clock.advance({ hours: 1 })
    expect(await handle.status).toBe('quarantined')
    payments.charge = charge
    await handle.retry()
    await world.clock.settle()
    expect(await handle.status).toBe('completed')
    expect(ledger).toEqual(['charge deadly one', 'charge deadly two'])
    await engine.stop()
  })

  test('starting a cancelled process again gives the cancelled one', async () => {
    const world = new World(subscription)
    const engine = await world.engine()
    await (await engine.run(subscription, { user: 'ada' })).cancel('moved away')
    await world.clock.settle()
    const again = await engine.run(subscription, { user: 'ada' })
    await expect(Promise.resolve(again.result)).rejects.toThrow('moved away')
    expect(await again.status).toBe('cancelled')
    await engine.stop()
  })

  test('published data is read on any engine', async () => {
    const world = new World(publishing)
    const engine = await world.engine()
    const handle = await engine.run(publishing, { id: 'x' })
    await world.clock.settle()
    expect(await handle.data).toEqual({ id: 'x', step: 1 })
    await world.clock.advance({ minutes: 1 })
    expect(await handle.data).toEqual({ id: 'x', step: 2 })
    await engine.stop()
  })

  test('pausing stops at the next wait, and resuming goes on', async () => {
    const world = new World(subscription)
    const engine = await world.engine()
    const handle = await engine.run(subscription, { user: 'ada' })
    await world.clock.settle()
    await handle.pause()
    await world.clock.advance({ months: 2 })
    expect([await handle.status, ledger.length]).toEqual(['paused', 0])
    await handle.resume()
    await world.clock.settle()
    expect(ledger).toHaveLength(1)
    await engine.stop()
  })

  test('a local that cannot be stored fails the process, naming variable, path and lines', async () => {
    const world = new World(unstorable)
    const engine = await world.engine()
    const handle = await engine.run(unstorable, { id: 'u' })
    const error = await Promise.resolve(handle.result).catch((error: unknown) => error as Error)
    expect(world.events.map((event) => event.kind === 'failed' && event.error)[0]).toBeInstanceOf(ValueEncodeError)
    expect((error as Error).message).toMatch(
      /The local `job` cannot be stored: the function 'run' at job\.run \(declared at .*processes\.ts:\d+:\d+, needed after the await at .*processes\.ts:\d+:\d+\)/,
    )
    expect(await handle.status).toBe('failed')
    await engine.stop()
  })
})
