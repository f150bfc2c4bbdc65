/** The app as `just build` makes it: one file, started in an empty folder, without its sources and packages. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { until } from '@justscale/core/testing'
import { buildExecutable, type BuiltExecutable } from '@justscale/just'
import { OpenApi } from '@justscale/http'
import { createRpcClient } from '@justscale/rpc'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import definition from '../main.ts'
import { CampaignStatus, CrowdfundingContract } from '../rpc/crowdfunding.proto'
import { Stage } from './stage.ts'

const folder = mkdtempSync(join(tmpdir(), 'justscale-executable-'))
let built: BuiltExecutable
let stage: Stage

beforeAll(async () => {
  built = await buildExecutable({
    entry: join(import.meta.dir, '..', 'main.ts'),
    outfile: join(folder, 'crowdfunding'),
  })
  stage = await Stage.open(built.path)
}, 120_000)

afterAll(async () => {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

test('is one file with the environments of the app', () => {
  expect(built.environments).toEqual(['development', 'production'])
  expect(readdirSync(folder).filter((name) => !name.startsWith('empty-'))).toEqual(['crowdfunding'])
})

test('serves the document of the app, and the page with its assets', async () => {
  const url = await stage.url
  process.env['DATABASE_URL'] ??= 'postgres://nowhere.invalid/none'
  const app = await definition.create('development')
  expect(await (await fetch(`${url}/openapi.json`)).json()).toEqual(
    JSON.parse(JSON.stringify(await (await app.container.resolve(OpenApi)).document())),
  )
  expect(await (await fetch(`${url}/docs`)).text()).toContain('/docs/swagger-ui-bundle.js')
  const script = await fetch(`${url}/docs/swagger-ui-bundle.js`)
  expect(script.headers.get('content-type')).toContain('javascript')
  expect((await script.text()).length).toBeGreaterThan(1_000_000)
  expect((await fetch(`${url}/docs/swagger-ui.css`)).headers.get('content-type')).toContain('text/css')
})

test('killed during a charge and started again, it ends the campaign with one charge per pledge', async () => {
  await stage.provider('charge', 'hold')
  const campaign = await stage.shop.campaign(20)
  const pledges = [await stage.shop.pledge(campaign, 10), await stage.shop.pledge(campaign, 10)]
  await until('a charge at the provider', async () =>
    (await stage.calls()).some((call) => call.kind === 'charge' && !call.answered),
  )
  expect(await stage.isMidTurn()).toBe(true)
  await stage.killServer()
  await stage.provider('charge', 'at once')
  await stage.startServer()
  await stage.ended(campaign, 'completed')
  expect(await stage.disagreements(pledges, ['hold', 'charge'])).toEqual([])
}, 60_000)

test('runs commands of the app', async () => {
  await stage.shop.campaign(1_000)
  const env = { ...process.env, DATABASE_URL: stage.databaseUrl, PAYMENTS_URL: 'http://localhost:1', JUSTSCALE_ENV: '' }
  const child = Bun.spawn([built.path, 'campaign', 'list', '--status=open', '--json'], { env, stdout: 'pipe' })
  expect(JSON.parse(await new Response(child.stdout).text())).toContainEqual({
    title: 'A lamp',
    status: 'open',
    pledged: 0,
    goal: 1_000,
  })
  expect(await child.exited).toBe(0)
}, 60_000)

test('answers gRPC on its port', async () => {
  const port = stage.output.match(/gRPC on [\w.]+:(\d+)/)?.[1]
  const client = createRpcClient(CrowdfundingContract, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc' })
  const { self } = await client.CreateCampaign({ creator: await stage.shop.creator(), title: 'A lamp', goal: 10 })
  await client.Pledge({ campaign: self, backer: await stage.shop.backer(), amount: 10 })
  const outcomes = await Array.fromAsync(client.FollowCampaign({ campaign: self }), ({ outcome }) => outcome)
  expect(outcomes.at(-1)).toBe(CampaignStatus.COMPLETED)
}, 60_000)
