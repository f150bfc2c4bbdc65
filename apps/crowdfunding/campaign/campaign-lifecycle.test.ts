import { afterEach, beforeEach, expect, test } from 'bun:test'
import { bindInstance, bindRepository, JustScale, ModelRepository, type Persistent } from '@justscale/core'
import { TestClock } from '@justscale/core/testing'
import { InMemoryProcessFeature, InMemoryRepository } from '@justscale/memory'
import { Backer } from '../backer/backer.ts'
import { Crowdfunding } from '../crowdfunding.ts'
import { Creator } from '../creator/creator.ts'
import { Payment } from '../payment/payment.ts'
import { PaymentProvider, type PaymentOrder } from '../payment/payment-provider.ts'
import { Pledge } from '../pledge/pledge.ts'
import { pledgeLife } from '../pledge/pledge-life.ts'
import { PledgeService } from '../pledge/pledge-service.ts'
import { Campaign } from './campaign.ts'
import { campaignLifecycle } from './campaign-lifecycle.ts'
import { CampaignService } from './campaign-service.ts'
import { RewardTier } from './reward-tier.ts'

let clock: TestClock
let orders: PaymentOrder[]
let app: ReturnType<typeof build>

function build() {
  const provider = {
    async perform(order: PaymentOrder) {
      orders.push(order)
      return { receipt: `receipt ${orders.length}` }
    },
  }
  return JustScale()
    .add(bindRepository(ModelRepository.of(Creator), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(Campaign), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(RewardTier), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(Backer), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(Pledge), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(Payment), new InMemoryRepository()))
    .add(bindInstance(PaymentProvider, provider))
    .add(InMemoryProcessFeature({ clock }))
    .add(Crowdfunding)
    .build()
}

beforeEach(async () => {
  clock = new TestClock()
  orders = []
  app = build()
  await app.start()
})

afterEach(() => app.stop())

async function startCampaign(goal: number) {
  return await app.run(async () => {
    const creators = await app.resolve(ModelRepository.of(Creator))
    const creator = await creators.insert({ name: 'Ada', email: 'ada@example.com' })
    const service = await app.resolve(CampaignService)
    const duration = Temporal.Duration.from({ days: 30 })
    const campaign = await service.create({ creator, title: 'A lamp', goal, duration, tiers: [] })
    return { campaign, handle: await campaignLifecycle({ campaign }) }
  })
}

async function pledge(campaign: Persistent<Campaign>, amount: number) {
  const made = await app.run(async () => {
    const backers = await app.resolve(ModelRepository.of(Backer))
    const backer = await backers.insert({ name: 'Bo', email: `${crypto.randomUUID()}@example.com` })
    const pledge = await (await app.resolve(PledgeService)).create({ campaign, backer, amount })
    return { pledge, handle: await pledgeLife({ pledge }) }
  })
  await clock.settle()
  return made
}

function done(): string[] {
  return orders.map((order) => `${order.kind} ${order.amount}`)
}

test('a funded campaign charges every pledge, once', async () => {
  const { campaign, handle } = await startCampaign(30)
  await pledge(campaign, 10)
  const second = await pledge(campaign, 15)
  expect(done()).toEqual(['hold 10', 'hold 15'])
  await pledge(campaign, 5)
  expect(await handle.result).toEqual({ status: 'completed' })
  expect(done()).toEqual(['hold 10', 'hold 15', 'hold 5', 'charge 10', 'charge 15', 'charge 5'])
  expect(new Set(orders.map((order) => order.key)).size).toBe(6)
  expect(await second.handle.result).toEqual({ status: 'charged' })
})

test('a campaign that misses its goal gives everything back after its 30 days', async () => {
  const { campaign, handle } = await startCampaign(30)
  const first = await pledge(campaign, 10)
  await clock.advance({ days: 29 })
  expect(done()).toEqual(['hold 10'])
  await clock.advance({ days: 1 })
  expect(await handle.result).toEqual({ status: 'failed' })
  expect(done()).toEqual(['hold 10', 'refund 10'])
  expect(await first.handle.result).toEqual({ status: 'refunded' })
})

test('a cancelled pledge is given back and no longer counts', async () => {
  const { campaign } = await startCampaign(30)
  const first = await pledge(campaign, 20)
  expect(await app.run(async () => (await app.resolve(PledgeService)).cancel(first.pledge))).toBe(true)
  await clock.settle()
  expect(await first.handle.result).toEqual({ status: 'cancelled' })
  await pledge(campaign, 15)
  expect(done()).toEqual(['hold 20', 'refund 20', 'hold 15'])
})

test('a pledge that comes too late is given back', async () => {
  const { campaign, handle } = await startCampaign(10)
  await pledge(campaign, 10)
  await handle.result
  const late = await pledge(campaign, 10)
  expect(await late.handle.result).toEqual({ status: 'refunded' })
  expect(done()).toEqual(['hold 10', 'charge 10', 'hold 10', 'refund 10'])
})
