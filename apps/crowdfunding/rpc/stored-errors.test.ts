/** What a process keeps over a restart beyond plain values: errors of RPC, and classes that the app says how to store. */
import { expect, test } from 'bun:test'
import { createStoredValue, defineService, JustScale } from '@justscale/core'
import { createProcess, defineSignals, processFeature, signal } from '@justscale/core/process'
import { MemoryStore } from '@justscale/engine/memory'
import { detail, GrpcError, GrpcStatus, RpcFeature } from '@justscale/rpc'
import { CreateCampaignRequest_TierSchema as TierSchema } from './crowdfunding.proto'

class Money {
  readonly #cents: bigint
  constructor(cents: bigint) {
    this.#cents = cents
  }
  get cents(): bigint {
    return this.#cents
  }
}

const storedMoney = createStoredValue<Money>({
  tag: 'test:money',
  matches: (value): value is Money => value instanceof Money,
  encode: (money) => money.cents,
  decode: (cents) => new Money(cents as bigint),
})

class Bank extends defineService({
  factory: () => ({
    async pay(amount: Money): Promise<never> {
      throw new GrpcError(GrpcStatus.FAILED_PRECONDITION, `no ${amount.cents} cents`, {
        details: [detail(TierSchema, { title: 'gold', minimum: 7 })],
        metadata: { 'x-why': 'empty', 'x-id-bin': new Uint8Array([1, 2]) },
      })
    },
  }),
}) {}

class PaySignals extends defineSignals((define) => ({ again: define('/paying/:id/again') })) {}

const paying = createProcess({
  path: '/paying/:id',
  inject: { bank: Bank, signals: PaySignals },
  async handler({ bank, signals }) {
    const amount = new Money(12n)
    let refused: unknown
    try {
      await bank.pay(amount)
    } catch (error) {
      refused = error
    }
    await signal(signals.again)
    if (!(refused instanceof GrpcError)) return 'a plain error'
    const [tier] = refused.detailsOf(TierSchema)
    const told = [refused.code, refused.statusName, refused.message, refused.remote, refused.metadata.get('x-why')]
    return [...told, refused.metadata.get('x-id-bin'), tier?.minimum, amount.cents, amount instanceof Money]
  },
})

test('a GrpcError keeps its class, code, metadata and details over a restart, and a class of the app its own', async () => {
  const store = new MemoryStore()
  const build = () =>
    JustScale()
      .add(processFeature({ name: 'Processes', open: () => store }))
      .add(Bank)
      .add(PaySignals)
      .add(paying)
      .add(storedMoney)
      .add(RpcFeature({ port: false }))
      .build()
  const before = build()
  await before.start()
  await before.run(() => paying({ id: '1' }))
  await before.stop()
  const after = build()
  await after.start()
  try {
    const signals = await after.resolve(PaySignals)
    const handle = await after.run(() => paying.find({ id: '1' }))
    await after.run(() => signals.again({ id: '1' }))
    expect(await after.run(async () => await handle?.result)).toEqual([
      9,
      'FAILED_PRECONDITION',
      'no 12 cents',
      false,
      'empty',
      'AQI',
      7,
      12n,
      true,
    ] as never)
  } finally {
    await after.stop()
  }
})
