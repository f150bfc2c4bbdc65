/**
 * The contract suite of stores for changes of the configuration: what every `ConfigStore` must do, seen through
 * `ConfigService`. Call `configStoreContract` in a test file with a store.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { z } from 'zod'
import type { Application } from '../app/application.ts'
import { createFeatureBuilder } from '../feature/create-feature-builder.ts'
import { ConfigService } from './config-service.ts'
import { ConfigStore } from './config-store.ts'
import { defineConfig, defineFlags, provideConfig } from './define-config.ts'

export class ContractLimits extends defineConfig(
  'contractLimits',
  z.object({ orders: z.number().int().positive(), note: z.string().optional() }),
) {}
export class ContractFlags extends defineFlags(
  'contractFlags',
  z.object(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`flag${n}`, z.boolean().default(false)]))),
) {}

/** What each node of the contract adds, after a binding of `ConfigStore`. */
export class ContractConfigFeature extends createFeatureBuilder()
  .name('ContractConfigFeature')
  .requires(ConfigStore)
  .provides((app) =>
    app
      .add(provideConfig(ContractLimits, () => ({ orders: 1 }), { source: 'the contract' }))
      .add(provideConfig(ContractFlags, () => ({})))
      .add(ConfigService),
  ) {}

export interface ConfigStoreStorage {
  /** For the names of the tests: `memory`. */
  readonly name: string
  open(): Promise<{
    /** A started node that adds `ContractConfigFeature`; all share one store, empty at first. */
    node(): Promise<Application<unknown>>
    /** After all nodes were stopped. */
    close(): Promise<void>
  }>
}

export function configStoreContract(storage: ConfigStoreStorage): void {
  describe(`changes of the configuration in ${storage.name}`, () => {
    const nodes: Application<unknown>[] = []
    let opened: Awaited<ReturnType<ConfigStoreStorage['open']>>
    const node = async () => {
      const app = await opened.node()
      nodes.push(app)
      return {
        control: await app.resolve(ConfigService),
        store: await app.resolve(ConfigStore),
        limits: await app.resolve(ContractLimits),
        flags: await app.resolve(ContractFlags),
      }
    }
    let one: Awaited<ReturnType<typeof node>>
    let two: Awaited<ReturnType<typeof node>>

    beforeAll(async () => {
      opened = await storage.open()
      one = await node()
      two = await node()
    })
    afterAll(async () => {
      for (const app of nodes) await app.stop()
      await opened.close()
    })

    test('reach the other node while it runs, and nodes that start later', async () => {
      const stop = new AbortController()
      const changes = two.control.watch(ContractLimits, stop.signal)
      const next = changes.next()
      await one.control.set(ContractLimits, { orders: 5 })
      expect(one.limits.orders).toBe(5)
      expect((await next).value).toEqual({ orders: 5 })
      expect(two.limits.orders).toBe(5)
      stop.abort()
      expect((await changes.next()).done).toBeTrue()
      expect((await node()).limits.orders).toBe(5)
    })

    test('made by two nodes at the same time are all kept', async () => {
      const names = Array.from({ length: 20 }, (_, n) => `flag${n}`)
      const change = (name: string, n: number) => (n % 2 === 0 ? one : two).control.set(ContractFlags, { [name]: true })
      await Promise.all(names.map(change))
      const { changes } = await one.store.read()
      expect(Object.keys(changes['contractFlags'] ?? {}).sort()).toEqual(names.sort())
    })

    test('that are wrong are kept nowhere', async () => {
      const before = await one.store.read()
      await expect(one.control.set(ContractLimits, { orders: -1 })).rejects.toThrow('contractLimits.orders')
      await expect(one.control.set(ContractLimits, { order: 1 } as never)).rejects.toThrow('is not part of the slice')
      expect(await two.store.read()).toEqual(before)
    })

    test('are taken back by name and altogether', async () => {
      await one.control.set(ContractLimits, { orders: 9, note: 'spring' })
      await one.control.reset(ContractLimits, 'orders')
      expect({ ...one.limits }).toMatchObject({ orders: 1, note: 'spring' })
      await one.control.reset(ContractLimits)
      expect((await one.store.read()).changes['contractLimits']).toBeUndefined()
      expect(one.limits.note).toBeUndefined()
    })

    test('are refused by the store when another was faster', async () => {
      const { version, changes } = await one.store.read()
      expect(await one.store.write({ ...changes, later: { a: 1 } }, version)).toBeTrue()
      expect(await two.store.write({ ...changes, later: { a: 2 } }, version)).toBeFalse()
      expect((await two.store.read()).changes['later']).toEqual({ a: 1 })
    })

    test('are listed with the place they are kept in', async () => {
      await two.control.set(ContractLimits, { orders: 7 })
      const entries = (await two.control.entries()).filter(({ key }) => key === 'contractLimits.orders')
      expect(entries).toEqual([{ key: 'contractLimits.orders', value: 7, source: two.store.place }])
    })
  })
}
