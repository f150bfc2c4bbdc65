/** The contract suite of named locks and channels: what every adapter's features must do. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Application } from '../app/application.ts'
import { createChannels, type Channels } from '../channel/create-channels.ts'
import { transaction } from '../cell/transaction.ts'
import { DefinitionError } from '../errors.ts'
import { QueryError } from '../repository/errors.ts'
import { LockLostError, LockTimeoutError } from './errors.ts'
import { LockService, type Locks } from './lock-service.ts'

/** Must be part of the apps that the suite runs on. */
export class ContractChannel extends createChannels<{ readonly text: string }>({ name: 'contract' }) {}

export interface FeatureContractStorage {
  readonly name: string
  /** Apps with a lock feature, a channel feature and `ContractChannel`: two nodes, or twice the same app. */
  open(): Promise<{ readonly nodes: readonly [Application<unknown>, Application<unknown>]; close(): Promise<void> }>
}

export function lockAndChannelContract(storage: FeatureContractStorage): void {
  describe(`named locks and channels on ${storage.name}`, () => {
    let opened: Awaited<ReturnType<FeatureContractStorage['open']>>
    const locks: Locks[] = []
    const channels: Channels<{ readonly text: string }>[] = []

    beforeAll(async () => {
      opened = await storage.open()
      for (const node of opened.nodes) {
        locks.push(await node.resolve(LockService))
        channels.push(await node.resolve(ContractChannel))
      }
    })
    afterAll(() => opened.close())

    const on = <Result>(node: 0 | 1, body: () => Promise<Result>) => opened.nodes[node].run(body)

    test('one holder at a time, on any node; each grant has a larger fencing number', async () => {
      let inside = 0
      const fences: bigint[] = []
      const work = (node: 0 | 1) =>
        on(node, async () => {
          await using lock = await locks[node]!.acquire('counter', { timeout: 20_000 })
          inside += 1
          expect(inside).toBe(1)
          fences.push(lock.fence)
          await new Promise((resolve) => setImmediate(resolve))
          inside -= 1
        })
      await Promise.all([0, 1, 0, 1, 0, 1].map((node) => work(node as 0 | 1)))
      expect(fences).toEqual(fences.toSorted((one, other) => Number(one - other)))
      expect(new Set(fences).size).toBe(6)
    })

    test.each([
      { lease: -5 },
      { lease: 0 },
      { lease: Number.NaN },
      { lease: Infinity },
      { lease: 1e10 },
      { lease: '5' as never },
    ])('refuses %p', async (options) => {
      await expect(locks[0]!.acquire('never', options)).rejects.toThrow(QueryError)
    })

    test.each([-1, Number.NaN])('refuses a timeout of %p', async (timeout) => {
      await expect(locks[0]!.acquire('never', { timeout })).rejects.toThrow(DefinitionError)
    })

    test.each(['', ' ', 'a\0b', '\ud800', 'x'.repeat(501)])('refuses the name %j', async (name) => {
      await expect(locks[0]!.acquire(name)).rejects.toThrow(QueryError)
    })

    test('a lease may be a fraction of a millisecond, and is not renewed for longer than can be counted', () =>
      on(0, async () => {
        await using held = await locks[0]!.acquire('fraction', { lease: 60_000.5 })
        expect(held.expires.epochMilliseconds).toBeGreaterThan(0)
        await expect(held.renew(Infinity)).rejects.toThrow(QueryError)
        await held.renew(0.4)
        expect(held.expires.epochMilliseconds).toBeGreaterThan(0)
      }))

    test('waiting ends with LockTimeoutError', () =>
      on(0, async () => {
        await using held = await locks[0]!.acquire('busy')
        expect(held.expires.epochMilliseconds).toBeGreaterThan(0)
        const waiting = on(1, () => locks[1]!.acquire('busy', { timeout: 10 }).then(() => {}))
        await expect(waiting).rejects.toBeInstanceOf(LockTimeoutError)
        await waiting.catch(() => {})
      }))

    test('a lease that ran out is lost: another may have it, the holder cannot renew', () =>
      on(0, async () => {
        const first = await locks[0]!.acquire('short', { lease: 1 })
        const second = await on(1, () => locks[1]!.acquire('short', { timeout: 20_000 }))
        expect(second.fence > first.fence).toBe(true)
        await expect(first.renew()).rejects.toBeInstanceOf(LockLostError)
        await first.renew().catch(() => {})
        await first.release()
        await second.renew(60_000)
        await second.release()
      }))

    test('a message reaches every node, whatever its size, in order, once its unit of work is committed', async () => {
      const texts = ['short', 'x'.repeat(20_000), "naïve \u{1f600} ' \\ $1"]
      const subscriptions = [0, 1].map((node) =>
        on(node as 0 | 1, async () => ({ stream: channels[node]!.subscribe('room 1') })),
      )
      const [here, there] = await Promise.all(subscriptions)
      await Promise.all([here!.stream.ready, there!.stream.ready])
      const undone = on(0, () =>
        transaction(async () => {
          channels[0]!.publish('room 1', { text: 'never' })
          throw new Error('rolled back')
        }),
      )
      await undone.catch(() => {})
      await on(0, async () => {
        for (const text of texts) channels[0]!.publish('room 1', { text })
      })
      for (const { stream } of [here!, there!]) {
        const received: string[] = []
        for await (const message of stream) {
          received.push(message.text)
          if (received.length === texts.length) break
        }
        expect(received).toEqual(texts)
      }
    })
  })
}
