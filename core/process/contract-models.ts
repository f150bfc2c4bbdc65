/** The small bank of the process contract: its models, signals, service and process. */
import { defineModel } from '../model/define-model.ts'
import { field } from '../model/field.ts'
import { ModelRepository } from '../container/model-repository.ts'
import { defineService } from '../service/define-service.ts'
import type { Ref } from '../type-state/state.ts'
import { createFeatureBuilder, transaction } from '@justscale/core'
import { createProcess, defineSignals, delay, ref, signal } from '@justscale/core/process'

export class Purse extends defineModel({
  name: 'Purse',
  fields: { owner: field.string().max(40), balance: field.int() },
}) {}

/** One row per deposit: what must be there exactly once. */
export class Deposit extends defineModel({
  name: 'Deposit',
  fields: { purse: field.ref(Purse), amount: field.int() },
}) {}

export class BankSignals extends defineSignals((signal) => ({
  deposited: signal('/purse/:purse/deposited')
    .types({ purse: ref(Purse) })
    .data<{ readonly amount: number }>(),
})) {}

export class Bank extends defineService({
  inject: { purses: ModelRepository.of(Purse), deposits: ModelRepository.of(Deposit), signals: BankSignals },
  factory: ({ purses, deposits, signals }) => ({
    /** Two rows, a signal and a process, all in the step's commit. */
    async deposit(purse: Ref<Purse>, amount: number) {
      await using locked = await purses.lock(purse)
      if (!locked) throw new Error('no such purse')
      locked.balance += amount
      await purses.save(locked)
      const deposit = await deposits.insert({ purse: locked, amount })
      await signals.deposited({ purse: locked, amount })
      return deposit
    },
    async refuse(purse: Ref<Purse>): Promise<never> {
      await using locked = await purses.lock(purse)
      if (!locked) throw new Error('no such purse')
      throw new RangeError('refused')
    },
  }),
}) {}

/** Hears every deposit of a purse until one of nothing. */
export const hearing = createProcess({
  path: '/purse/:purse/hearing',
  types: { Purse },
  inject: { signals: BankSignals },
  async handler({ signals }) {
    const amounts: number[] = []
    while (amounts.at(-1) !== 0) amounts.push((await signal(signals.deposited)).amount)
    return amounts
  },
})

export const receipt = createProcess({
  path: '/purse/:purse/receipt/:number',
  types: { Purse },
  async handler(_, { number }) {
    await delay.milliseconds(1)
    return `receipt ${number}`
  },
})

/** Deposits in transactions within transactions, of which some are rolled back: only odd amounts and receipts are to stay. */
export class Nesting extends defineService({
  inject: { purses: ModelRepository.of(Purse), signals: BankSignals, receipt },
  factory: ({ purses, signals, receipt }) => {
    const tell = async (purse: Ref<Purse>, amount: number) => {
      await signals.deposited({ purse, amount })
      await receipt({ purse, number: String(amount) })
    }
    const write = async (purse: Ref<Purse>) => {
      await using locked = await purses.lock(purse)
      if (locked) await purses.save(Object.assign(locked, { balance: locked.balance + 1 }))
    }
    const undone = (body: () => Promise<void>) =>
      transaction(async () => {
        await body()
        throw new RangeError('undone')
      }).catch((error: unknown) => {
        if (!(error instanceof RangeError)) throw error
      })
    return {
      async run(purse: Ref<Purse>): Promise<string> {
        // Nothing is open: a rolled back transaction that only tells.
        await undone(() => tell(purse, 2))
        await transaction(async () => {
          await tell(purse, 1)
          await undone(() => tell(purse, 4))
          await write(purse)
          await undone(() => tell(purse, 6))
          await undone(async () => {
            await write(purse)
            await tell(purse, 8)
            await transaction(() => tell(purse, 10))
          })
          await transaction(async () => {
            await tell(purse, 3)
            await undone(() => transaction(() => tell(purse, 12)))
          })
        })
        // Branches of their own, side by side.
        await Promise.all([
          undone(() => tell(purse, 14)),
          transaction(() => tell(purse, 5)),
          undone(() => write(purse).then(() => tell(purse, 16))),
        ])
        await undone(() => transaction(() => tell(purse, 18)))
        await tell(purse, 7)
        return 'told'
      },
    }
  },
}) {}

export const nesting = createProcess({
  path: '/purse/:purse/nesting',
  types: { Purse },
  inject: { nesting: Nesting },
  async handler({ nesting }, { purse }) {
    return await nesting.run(purse)
  },
})

/** Three fibers, each of which deposits twice. */
export const fanning = createProcess({
  path: '/purse/:purse/fanning',
  types: { Purse },
  inject: { bank: Bank },
  async handler({ bank }, { purse }) {
    return await Promise.all(
      [1, 2, 3].map(async (number) => {
        const first = await bank.deposit(purse, number)
        const second = await bank.deposit(purse, number * 10)
        return first.amount + second.amount
      }),
    )
  },
})

/** Two deposits as one step: refused after both, then made. */
export const moving = createProcess({
  path: '/purse/:purse/moving',
  types: { Purse },
  inject: { bank: Bank },
  async handler({ bank }, { purse }) {
    let refusal = ''
    try {
      await transaction(async () => {
        await bank.deposit(purse, 100)
        await bank.deposit(purse, 200)
        throw new RangeError('not that much')
      })
    } catch (error) {
      refusal = error instanceof RangeError ? error.message : String(error)
    }
    const moved = await transaction(async () => {
      const first = await bank.deposit(purse, 1)
      const second = await bank.deposit(purse, 2)
      return first.amount + second.amount
    })
    return { refusal, moved }
  },
})

export const saving = createProcess({
  path: '/purse/:purse/saving',
  types: { Purse },
  inject: { bank: Bank, purses: ModelRepository.of(Purse), signals: BankSignals },
  async handler({ bank, purses, signals }, { purse }) {
    const first = await bank.deposit(purse, 10)
    const kept = { purse, first, tags: new Set(['a', 'b']), day: Temporal.PlainDate.from('2026-11-21'), big: 12n }
    const heard = await signal(signals.deposited)
    await bank.deposit(kept.purse, 5)
    {
      using locked = await purses.lock(purse)
      if (locked) {
        locked.balance += 1
        await purses.save(locked)
      }
    }
    const child = await receipt({ purse, number: '1' })
    let refusal = ''
    try {
      await bank.refuse(purse)
    } catch (error) {
      refusal = error instanceof RangeError ? error.message : 'other'
    }
    const stored = await purse
    return {
      heard: heard.amount,
      same: heard.purse.equals(purse) && kept.purse === purse,
      first: kept.first.amount,
      tags: [...kept.tags],
      day: kept.day.toString(),
      big: kept.big,
      balance: stored.balance,
      receipt: await child.result,
      refusal,
    }
  },
})

/** Everything of the bank but its repositories and the engine. Add it after those. */
export class BankFeature extends createFeatureBuilder()
  .name('Bank')
  .requires(ModelRepository.of(Purse))
  .requires(ModelRepository.of(Deposit))
  .provides((app) =>
    app
      .add(BankSignals)
      .add(Bank)
      .add(receipt)
      .add(saving)
      .add(moving)
      .add(fanning)
      .add(hearing)
      .add(Nesting)
      .add(nesting),
  ) {}
