import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bindInstance, bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { HttpFeature, HttpServer } from '@justscale/http'
import { InMemoryProcessFeature, InMemoryRepository } from '@justscale/memory'
import { Backer } from './backer/backer.ts'
import { Campaign } from './campaign/campaign.ts'
import { RewardTier } from './campaign/reward-tier.ts'
import { Creator } from './creator/creator.ts'
import { Crowdfunding } from './crowdfunding.ts'
import { CrowdfundingApi } from './crowdfunding-api.ts'
import { Payment } from './payment/payment.ts'
import { PaymentProvider } from './payment/payment-provider.ts'
import { Pledge } from './pledge/pledge.ts'

const app = JustScale()
  .add(bindRepository(ModelRepository.of(Creator), new InMemoryRepository()))
  .add(bindRepository(ModelRepository.of(Campaign), new InMemoryRepository()))
  .add(bindRepository(ModelRepository.of(RewardTier), new InMemoryRepository()))
  .add(bindRepository(ModelRepository.of(Backer), new InMemoryRepository()))
  .add(bindRepository(ModelRepository.of(Pledge), new InMemoryRepository()))
  .add(bindRepository(ModelRepository.of(Payment), new InMemoryRepository()))
  .add(bindInstance(PaymentProvider, { perform: async () => ({ receipt: 'r' }) }))
  .add(InMemoryProcessFeature)
  .add(Crowdfunding)
  .add(CrowdfundingApi)
  .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
  .build()

let creator: string
let backer: string

beforeAll(async () => {
  await app.start()
  const person = { name: 'Ada', email: 'ada@example.com' }
  creator = (await post('/creators', person)).body.self
  backer = (await post('/backers', person)).body.self
})

afterAll(() => app.stop())

async function post(path: string, body: unknown): Promise<{ status: number; body: { self: string } }> {
  const server = await app.resolve(HttpServer)
  const headers = { 'content-type': 'application/json' }
  const response = await server.fetch(
    new Request(`http://app${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
  )
  return { status: response.status, body: (await response.json()) as { self: string } }
}

const campaign = (more: object = {}) => post('/campaigns', { creator, title: 'A lamp', goal: 100, ...more })

test.each([
  ['P30D', 201],
  ['P1M', 201],
  ['P2W', 201],
  ['P1Y', 201],
  ['PT0S', 422],
  ['P2Y', 422],
  ['P999999999Y', 422],
  ['-P1D', 422],
  ['a month', 422],
])('a campaign of %s is answered with %i', async (duration, status) => {
  expect((await campaign({ duration })).status).toBe(status)
})

test('a campaign of a calendar month is under way', async () => {
  const { body } = await campaign({ duration: 'P1M' })
  const pledge = await post(`/campaigns/${body.self}/pledges`, { backer, amount: 5 })
  expect(pledge.status).toBe(202)
})

test('a pledge names a tier of its own campaign, and reaches it', async () => {
  const { body } = await campaign({ tiers: [{ title: 'Mug', minimum: 20 }] })
  const other = await campaign()
  const server = await app.resolve(HttpServer)
  const tiers = (await (await server.fetch(new Request(`http://app/campaigns/${body.self}/tiers`))).json()) as {
    self: string
  }[]
  const tier = tiers[0]?.self
  expect((await post(`/campaigns/${body.self}/pledges`, { backer, tier, amount: 20 })).status).toBe(202)
  expect((await post(`/campaigns/${body.self}/pledges`, { backer, tier, amount: 19.99 })).status).toBe(422)
  expect((await post(`/campaigns/${other.body.self}/pledges`, { backer, tier, amount: 20 })).status).toBe(422)
})

test.each([
  ['0192f3a0-0000-7000-8000-000000000000', 404],
  ['a%20b', 422],
])('the events of %s, which is no campaign, are %i', async (reference, status) => {
  const { url } = await app.resolve(HttpServer)
  const response = await fetch(`${url}/campaigns/${reference}/events`)
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
})
