/**
 * The one test through all four seams of durable processes: step call, transaction join, store verbs and value codec, with
 * real repositories. Every implementation runs it: `processContract({ name, open })`.
 */
import { expect, test } from 'bun:test'
import type { Checkpoint, EngineStore, StoreSession } from '@justscale/engine'
import type { Application } from '../app/application.ts'
import { TransactionLostError } from '../cell/errors.ts'
import { ModelRepository } from '../container/model-repository.ts'
import {
  BankSignals,
  Deposit,
  fanning,
  hearing,
  moving,
  Nesting,
  nesting,
  Purse,
  receipt,
  saving,
} from './contract-models.ts'
import { ProcessEngine } from './process-engine.ts'
import { ProcessableEncodeError } from '../channel/errors.ts'

export interface ProcessContract {
  readonly name: string
  /** Opens an app with the bank (`BankFeature`) on an empty storage; `wrap` goes around the engine's store. Started. */
  open(
    wrap: (store: EngineStore) => EngineStore,
  ): Promise<{ readonly app: Application<unknown>; close(): Promise<void> }>
}

/** Plants a fault at the `at`-th checkpoint that is written into a step's transaction, and counts them. */
class Faults {
  joined = 0
  flushed = 0
  planted = 0
  readonly #at: number
  readonly #when: 'before' | 'after'

  constructor(at = Number.POSITIVE_INFINITY, when: 'before' | 'after' = 'before') {
    this.#at = at
    this.#when = when
  }

  readonly wrap = (store: EngineStore): EngineStore => {
    const connect: EngineStore['connect'] = async (options) => this.#session(await store.connect(options))
    return replaced(store, { connect })
  }

  #session(session: StoreSession): StoreSession {
    return replaced(session, {
      commit: (checkpoints: readonly Checkpoint[]) => {
        this.flushed += checkpoints.length
        return session.commit(checkpoints)
      },
      commitIn: async (transaction, checkpoint) => {
        const now = ++this.joined === this.#at
        if (now) this.planted++
        if (now && this.#when === 'before') throw new TransactionLostError('planted', 'no')
        await session.commitIn(transaction, checkpoint)
        if (now) throw new TransactionLostError('planted', 'no')
      },
    })
  }
}

function replaced<Target extends object>(target: Target, members: Partial<Target>): Target {
  return new Proxy(target, {
    get(real, name) {
      if (name in members) return Reflect.get(members, name)
      const member: unknown = Reflect.get(real, name)
      return typeof member === 'function' ? member.bind(real) : member
    },
  })
}

const expected = {
  heard: 10,
  same: true,
  first: 10,
  tags: ['a', 'b'],
  day: '2026-11-21',
  big: 12n,
  balance: 16,
  receipt: 'receipt 1',
  refusal: 'refused',
}

export function processContract({ name, open }: ProcessContract): void {
  async function run(faults: Faults) {
    const { app, close } = await open(faults.wrap)
    try {
      const purses = await app.resolve(ModelRepository.of(Purse))
      const purse = await app.run(() => purses.insert({ owner: 'Ada', balance: 0 }))
      const handle = await app.run(() => saving({ purse }))
      const result = await app.run(() => handle.result)
      const deposits = await app.resolve(ModelRepository.of(Deposit))
      const rows = await app.run(() => deposits.find())
      return {
        result,
        deposits: rows.map((row) => row.amount).sort(),
        balance: (await app.run(() => purses.get(purse)))?.balance,
      }
    } finally {
      await close()
    }
  }

  test(`${name}: a step's writes, signal and record are one commit, and values come back as they were`, async () => {
    const faults = new Faults()
    expect(await run(faults)).toEqual({ result: expected, deposits: [10, 5], balance: 16 })
    expect(faults.joined).toBeGreaterThanOrEqual(3)
  })

  test(`${name}: a transaction lost at any checkpoint, before or after it is written, changes nothing in the end`, async () => {
    const faults = new Faults()
    await run(faults)
    for (let at = 1; at <= faults.joined; at++) {
      for (const when of ['before', 'after'] as const) {
        const planted = new Faults(at, when)
        expect({ at, when, ...(await run(planted)) }).toEqual({
          at,
          when,
          result: expected,
          deposits: [10, 5],
          balance: 16,
        })
        expect(planted.planted).toBe(1)
      }
    }
  })

  test(`${name}: a serialisation failure in one fiber of a fan-out runs that step again, and no other`, async () => {
    async function fan(faults: Faults) {
      const { app, close } = await open(faults.wrap)
      try {
        const purses = await app.resolve(ModelRepository.of(Purse))
        const deposits = await app.resolve(ModelRepository.of(Deposit))
        const purse = await app.run(() => purses.insert({ owner: 'Flo', balance: 0 }))
        const result = await app.run(async () => await (await fanning({ purse })).result)
        const rows = await app.run(() => deposits.find())
        const balance = (await app.run(() => purses.get(purse)))?.balance
        return { result, balance, amounts: rows.map(({ amount }) => amount).sort((a, b) => a - b) }
      } finally {
        await close()
      }
    }
    const wanted = { result: [11, 22, 33], balance: 66, amounts: [1, 2, 3, 10, 20, 30] }
    const faults = new Faults()
    expect(await fan(faults)).toEqual(wanted)
    for (let at = 1; at <= faults.joined; at += 2) {
      const planted = new Faults(at, at % 4 === 1 ? 'before' : 'after')
      expect({ at, ...(await fan(planted)) }).toEqual({ at, ...wanted })
      expect(planted.planted).toBe(1)
    }
  })

  test(`${name}: what is started and emitted in a transaction happens with it, or not at all`, async () => {
    const { app, close } = await open((store) => store)
    try {
      const purses = await app.resolve(ModelRepository.of(Purse))
      const purse = await app.run(() => purses.insert({ owner: 'Bo', balance: 0 }))
      const path = await app.run(async () => {
        await using locked = await purses.lock(purse)
        if (!locked) throw new Error('no such purse')
        return (await saving({ purse })).path
      })
      expect(path).toMatch(/^\/purse\/.*\/saving$/)
      expect(await app.run(async () => (await saving({ purse })).result)).toEqual(expected)
    } finally {
      await close()
    }
  })

  test(`${name}: transaction(...) in a handler is one step, all of it or nothing`, async () => {
    const faults = new Faults()
    const { app, close } = await open(faults.wrap)
    try {
      const purses = await app.resolve(ModelRepository.of(Purse))
      const deposits = await app.resolve(ModelRepository.of(Deposit))
      const purse = await app.run(() => purses.insert({ owner: 'Di', balance: 0 }))
      const result = await app.run(async () => (await moving({ purse })).result)
      expect(result).toEqual({ refusal: 'not that much', moved: 3 })
      expect((await app.run(() => deposits.find())).map(({ amount }) => amount).sort()).toEqual([1, 2])
      expect((await app.run(() => purses.get(purse)))?.balance).toBe(3)
      // One for what was made, and none for a single deposit.
      expect(faults.joined).toBeLessThanOrEqual(2)
    } finally {
      await close()
    }
  })

  for (const [where, inStep] of [
    ['a step', true],
    ['a cell', false],
  ] as const) {
    test(`${name}: in ${where}, what a transaction inside another starts and emits goes when it is rolled back`, async () => {
      const { app, close } = await open((store) => store)
      try {
        const purses = await app.resolve(ModelRepository.of(Purse))
        const signals = await app.resolve(BankSignals)
        const service = await app.resolve(Nesting)
        const purse = await app.run(() => purses.insert({ owner: 'Eve', balance: 0 }))
        const heard = await app.run(() => hearing({ purse }))
        const told = inStep
          ? await app.run(async () => await (await nesting({ purse })).result)
          : await app.run(() => service.run(purse))
        expect(told).toBe('told')
        await app.run(() => signals.deposited({ purse, amount: 0 }))
        expect(((await app.run(async () => await heard.result)) as number[]).sort()).toEqual([0, 1, 3, 5, 7])
        const { engine } = await app.resolve(ProcessEngine)
        const receipts = await engine.store.list({ path: '/purse/:purse/receipt/:number' })
        expect(receipts.map(({ path }) => path.split('/').at(-1)).sort()).toEqual(['1', '3', '5', '7'])
        expect((await app.run(() => purses.get(purse)))?.balance).toBe(1)
      } finally {
        await close()
      }
    })
  }

  test(`${name}: a process is found without being started, running and ended`, async () => {
    const { app, close } = await open((store) => store)
    try {
      const purses = await app.resolve(ModelRepository.of(Purse))
      await app.run(async () => {
        const purse = await purses.insert({ owner: 'Fay', balance: 0 })
        const number = '7'
        expect(await receipt.find({ purse, number })).toBeUndefined()
        await receipt({ purse, number })
        const found = await receipt.find({ purse, number })
        expect<string | undefined>(await found?.result).toBe('receipt 7')
        const ended = await receipt.find([purse, number])
        expect(await ended?.status).toBe('completed')
        const bound = await app.resolve(receipt)
        expect((await bound.find({ purse, number }))?.path).toBe(ended?.path)
        expect(await receipt.find({ purse, number: '8' })).toBeUndefined()
      })
    } finally {
      await close()
    }
  })

  test(`${name}: a lock in a payload is refused with its path`, async () => {
    const { app, close } = await open((store) => store)
    try {
      const purses = await app.resolve(ModelRepository.of(Purse))
      const signals = await app.resolve(BankSignals)
      const purse = await app.run(() => purses.insert({ owner: 'Cy', balance: 0 }))
      const refused = app.run(async () => {
        await using locked = await purses.lock(purse)
        if (locked) await signals.deposited({ purse: locked, amount: 1, more: { locked } } as never)
      })
      const error = await refused.catch((error: unknown) => error)
      expect(error).toBeInstanceOf(ProcessableEncodeError)
      expect(error).toMatchObject({ path: 'payload.more.locked', code: 'CORE_ENCODE' })
    } finally {
      await close()
    }
  })
}
