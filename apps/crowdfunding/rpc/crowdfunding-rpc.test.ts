/** The service in memory, without a socket: a process is started, signalled and awaited by calls. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { bindInstance, bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { TestClock } from '@justscale/core/testing'
import { InMemoryProcessFeature, InMemoryRepository } from '@justscale/memory'
import { createRpcClient, inProcessTransport, RpcFeature, writeProtoTypes, type RpcClient } from '@justscale/rpc'
import { Backer } from '../backer/backer.ts'
import { Campaign } from '../campaign/campaign.ts'
import { CampaignService } from '../campaign/campaign-service.ts'
import { RewardTier } from '../campaign/reward-tier.ts'
import { Creator } from '../creator/creator.ts'
import { Crowdfunding } from '../crowdfunding.ts'
import { Payment } from '../payment/payment.ts'
import { PaymentProvider, type PaymentOrder } from '../payment/payment-provider.ts'
import { Pledge } from '../pledge/pledge.ts'
import { crowdfundingRpc } from './crowdfunding-rpc.ts'
import { CampaignStatus, CrowdfundingContract, type CampaignChange } from './crowdfunding.proto'

let clock: TestClock
let orders: string[]
let app: ReturnType<typeof build>
let client: RpcClient<typeof CrowdfundingContract>

function build() {
  const provider = {
    async perform({ kind, amount }: PaymentOrder) {
      orders.push(`${kind} ${amount}`)
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
    .add(crowdfundingRpc)
    .add(RpcFeature({ port: false }))
    .build()
}

beforeEach(async () => {
  clock = new TestClock()
  orders = []
  app = build()
  await app.start()
  client = createRpcClient(CrowdfundingContract, { transport: inProcessTransport(app) })
})

afterEach(() => app.stop())

async function creator(): Promise<string> {
  return await app.run(async () => {
    const creators = await app.resolve(ModelRepository.of(Creator))
    return Creator.ref(await creators.insert({ name: 'Ada', email: 'ada@example.com' })).identifier
  })
}

async function backer(): Promise<string> {
  return await app.run(async () => {
    const backers = await app.resolve(ModelRepository.of(Backer))
    return Backer.ref(await backers.insert({ name: 'Bo', email: `${crypto.randomUUID()}@example.com` })).identifier
  })
}

async function campaign(goal: number): Promise<string> {
  const request = { creator: await creator(), title: 'A lamp', goal, tiers: [{ title: 'One', minimum: 10 }] }
  return (await client.CreateCampaign(request)).self
}

async function pledge(of: string, amount: number): Promise<string> {
  const { self } = await client.Pledge({ campaign: of, backer: await backer(), amount })
  await clock.settle()
  return self
}

/** The changes of a campaign; `first` resolves when it is followed. */
function follow(of: string) {
  const first = Promise.withResolvers<void>()
  const read = async () => {
    const changes: CampaignChange[] = []
    for await (const change of client.FollowCampaign({ campaign: of })) {
      changes.push(change)
      first.resolve()
    }
    return changes
  }
  return { changes: read(), first: first.promise }
}

test('a campaign is followed until its life has ended', async () => {
  const lamp = await campaign(30)
  const { changes, first } = follow(lamp)
  await first
  await pledge(lamp, 10)
  await pledge(lamp, 20)
  const seen = await changes
  expect(seen[0]).toMatchObject({ campaign: { self: lamp, status: CampaignStatus.OPEN, pledged: 0 }, outcome: 0 })
  expect(seen.slice(0, -1).every((change) => change.outcome === CampaignStatus.UNSPECIFIED)).toBe(true)
  expect(seen.at(-1)).toMatchObject({
    campaign: { self: lamp, title: 'A lamp', status: CampaignStatus.COMPLETED, pledged: 30 },
    outcome: CampaignStatus.COMPLETED,
  })
  expect(orders).toEqual(['hold 10', 'hold 20', 'charge 10', 'charge 20'])
})

test('a follower who leaves ends what the server does for it, and the campaign goes on', async () => {
  const lamp = await campaign(30)
  const campaigns = await app.resolve(CampaignService)
  const ended = Promise.withResolvers<number>()
  const { watch } = campaigns
  campaigns.watch = async function* (of) {
    let seen = 0
    try {
      for await (const now of watch(of)) {
        seen++
        yield now
      }
    } finally {
      ended.resolve(seen)
    }
  }
  for await (const { campaign } of client.FollowCampaign({ campaign: lamp })) {
    expect(campaign?.pledged).toBe(0)
    break
  }
  expect(await ended.promise).toBe(1)
  await pledge(lamp, 30)
  expect(await client.ShowCampaign({ campaign: lamp })).toMatchObject({ status: CampaignStatus.COMPLETED })
})

test('a campaign without a life is not followed, and gets none by that', async () => {
  const { self } = await app.run(async () => {
    const campaigns = await app.resolve(CampaignService)
    const made = { creator: Creator.ref(await creator()), title: 'A lamp', goal: 30, tiers: [] }
    const lonely = await campaigns.create({ ...made, duration: Temporal.Duration.from({ days: 1 }) })
    return { self: Campaign.ref(lonely).identifier }
  })
  expect(await failure(follow(self).changes)).toBe('FAILED_PRECONDITION')
  expect(await failure(follow(self).changes)).toBe('FAILED_PRECONDITION')
})

test('a campaign that misses its goal fails after its 30 days, and says so to who follows later', async () => {
  const lamp = await campaign(30)
  await pledge(lamp, 10)
  const { changes, first } = follow(lamp)
  await first
  await clock.advance({ days: 30 })
  expect((await changes).at(-1)).toMatchObject({ outcome: CampaignStatus.FAILED })
  expect(await follow(lamp).changes).toMatchObject([{ outcome: CampaignStatus.FAILED }])
  expect(orders).toEqual(['hold 10', 'refund 10'])
})

test('a cancelled pledge no longer counts, and cannot be cancelled again', async () => {
  const lamp = await campaign(30)
  const made = await pledge(lamp, 20)
  expect(await client.ShowCampaign({ campaign: lamp })).toMatchObject({ pledged: 20 })
  await client.CancelPledge({ pledge: made })
  await clock.settle()
  expect(await client.ShowCampaign({ campaign: lamp })).toMatchObject({ pledged: 0, status: CampaignStatus.OPEN })
  expect(orders).toEqual(['hold 20', 'refund 20'])
  expect(await failure(client.CancelPledge({ pledge: made }))).toBe('FAILED_PRECONDITION')
})

test('what cannot be is refused', async () => {
  const lamp = await campaign(30)
  const somebody = await backer()
  const unknown = crypto.randomUUID()
  expect(await failure(client.ShowCampaign({ campaign: unknown }))).toBe('NOT_FOUND')
  expect(await failure(client.ShowCampaign({}))).toBe('INVALID_ARGUMENT')
  expect(await failure(follow(unknown).changes)).toBe('NOT_FOUND')
  expect(await failure(client.Pledge({ campaign: lamp, backer: somebody, amount: 0.001 }))).toBe('INVALID_ARGUMENT')
  expect(await failure(client.CreateCampaign({ creator: somebody, goal: 10 }))).toBe('INVALID_ARGUMENT')
  expect(orders).toEqual([])
})

test('the types of the proto are those of the proto', () => {
  expect(writeProtoTypes(`${import.meta.dir}/..`, { check: true }).filter((result) => result.changed)).toEqual([])
})

async function failure(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => 'none',
    (error: { statusName: string }) => error.statusName,
  )
}
