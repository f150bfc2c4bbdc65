/** Clients of the running app on Postgres, a foreign one among them: they start processes, signal them and await their end. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { OsProcess } from '@justscale/core/testing'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { createRpcClient } from '@justscale/rpc'
import { join } from 'node:path'
import { Shop } from '../test/shop.ts'
import { CampaignStatus, CrowdfundingContract } from './crowdfunding.proto'

const folder = join(import.meta.dir, '..')
const python = pythonWithGrpc()
let database: TestDatabase
let provider: OsProcess
let server: OsProcess
let shop: Shop
let target: string

beforeAll(async () => {
  database = await testDatabase()
  provider = OsProcess.start(join(folder, 'fake-provider/main.ts'))
  server = OsProcess.start(join(folder, 'main.ts'), { DATABASE_URL: database.url, PAYMENTS_URL: await provider.url })
  shop = new Shop(await server.url)
  const port = server.output.match(/gRPC on [\w.]+:(\d+)/)?.[1]
  target = `127.0.0.1:${port}`
}, 60_000)

afterAll(async () => {
  await server.kill()
  await provider.kill()
  await database.drop()
})

test('a campaign is followed over gRPC while it is made, pledged for and settled', async () => {
  const client = createRpcClient(CrowdfundingContract, { baseUrl: `http://${target}`, protocol: 'grpc' })
  const { self } = await client.CreateCampaign({ creator: await shop.creator(), title: 'A lamp', goal: 10 })
  const outcomes: CampaignStatus[] = []
  for await (const { outcome } of client.FollowCampaign({ campaign: self })) {
    if (outcomes.length === 0) await client.Pledge({ campaign: self, backer: await shop.backer(), amount: 10 })
    outcomes.push(outcome)
  }
  expect(outcomes.at(-1)).toBe(CampaignStatus.COMPLETED)
  expect(outcomes.slice(0, -1).every((outcome) => outcome === CampaignStatus.UNSPECIFIED)).toBe(true)
  expect(await shop.campaignNow(self)).toMatchObject({ status: 'completed', pledged: 10 })
}, 60_000)

test.skipIf(python === undefined)(
  'grpcio starts, signals and awaits processes (needs python3-grpcio)',
  async () => {
    const script = join(import.meta.dir, 'python/client.py')
    const command = [python ?? '', script, target, await shop.creator(), await shop.backer()]
    const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' })
    expect(JSON.parse(await new Response(child.stdout).text())).toEqual({
      cancelled: 'OK',
      again: 'FAILED_PRECONDITION',
      outcome: CampaignStatus.COMPLETED,
      pledged: 30,
    })
  },
  60_000,
)

test('the HTTP port answers Connect', async () => {
  const campaign = await shop.campaign(30)
  const answer = await fetch(`${await server.url}/crowdfunding.v1.Crowdfunding/ShowCampaign`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ campaign }),
  })
  expect(await answer.json()).toMatchObject({ self: campaign, goal: 30, status: 'CAMPAIGN_STATUS_OPEN' })
})

/** A Python that has grpcio; Debian installs it for its own interpreter only. */
function pythonWithGrpc(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((candidate) => {
    if (Bun.which(candidate) === null) return false
    return Bun.spawnSync([candidate, '-c', 'import grpc'], { stdout: 'ignore', stderr: 'ignore' }).exitCode === 0
  })
}
