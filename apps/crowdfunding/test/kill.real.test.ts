/**
 * The promise of the project, on real parts: the server is killed with SIGKILL in the middle of a turn, starts again, and
 * without any call to wake it every campaign ends with one effect per pledge.
 */
import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test'
import { until } from '@justscale/core/testing'
import { Stage } from './stage.ts'

let stage: Stage
let killedMidTurn = 0

beforeEach(async () => {
  stage = await Stage.open()
})

afterEach(() => stage.close())

afterAll(() => {
  expect(killedMidTurn).toBe(5)
})

/** Three pledges that reach the goal together. */
async function fundedCampaign(): Promise<{ campaign: string; pledges: string[] }> {
  const campaign = await stage.shop.campaign(30)
  const pledge = () => stage.shop.pledge(campaign, 10)
  return { campaign, pledges: [await pledge(), await pledge(), await pledge()] }
}

async function killMidTurn(): Promise<void> {
  if (await stage.isMidTurn()) killedMidTurn++
  await stage.killServer()
}

async function completesAlone(campaign: string, pledges: readonly string[]): Promise<void> {
  await stage.startServer()
  await stage.ended(campaign, 'completed')
  expect(await stage.disagreements(pledges, ['hold', 'charge'])).toEqual([])
}

test('killed before a charge is called', async () => {
  await stage.closeGate(`trigger gate before update on campaigns for each row when (new.status = 'settling')`)
  const { campaign, pledges } = await fundedCampaign()
  await stage.atGate()
  expect((await stage.calls()).filter((call) => call.kind === 'charge')).toEqual([])
  await killMidTurn()
  await stage.openGate()
  await completesAlone(campaign, pledges)
})

test('killed during a charge', async () => {
  await stage.provider('charge', 'hold')
  const { campaign, pledges } = await fundedCampaign()
  await until('a charge at the provider', async () =>
    (await stage.calls()).some((call) => call.kind === 'charge' && !call.answered),
  )
  await killMidTurn()
  await stage.provider('charge', 'at once')
  await completesAlone(campaign, pledges)
  const charges = Map.groupBy(
    (await stage.calls()).filter((call) => call.kind === 'charge'),
    (call) => call.key,
  )
  expect([...charges.values()].map((same) => same.length).sort()).toEqual([1, 1, 2])
})

test('killed after the provider answered and before the commit', async () => {
  await stage.closeGate(`trigger gate before insert on payments for each row when (new.kind = 'charge')`)
  const { campaign, pledges } = await fundedCampaign()
  await stage.atGate()
  const charges = (await stage.calls()).filter((call) => call.kind === 'charge')
  expect(charges.map((call) => call.answered)).toEqual([true])
  await killMidTurn()
  await stage.openGate()
  await completesAlone(campaign, pledges)
})

test.each([
  ['and Postgres carries the commit out', false],
  ['and Postgres drops it', true],
])('killed during the commit, %s', async (_what, drops) => {
  await stage.closeGate(
    `constraint trigger gate after insert on payments deferrable initially deferred for each row when (new.kind = 'charge')`,
  )
  const { campaign, pledges } = await fundedCampaign()
  const { query, pid } = await stage.atGate()
  expect(query.trim().toLowerCase()).toStartWith('commit')
  await killMidTurn()
  if (drops) await stage.sql.query('select pg_terminate_backend($1::int)', [pid])
  await stage.openGate()
  await completesAlone(campaign, pledges)
})

test('dead across the deadline, the campaign fails at its original time', async () => {
  const campaign = await stage.shop.campaign(1_000, 'PT8S')
  const due = Date.now() + 8_000
  const pledges = [await stage.shop.pledge(campaign, 10), await stage.shop.pledge(campaign, 20)]
  await until('both pledges counted', async () => (await stage.shop.campaignNow(campaign)).pledged === 30)
  await stage.killServer()
  await until('the deadline', async () => Date.now() > due + 500)
  await stage.startServer()
  const restarted = Date.now()
  await stage.ended(campaign, 'failed')
  expect(Date.now() - restarted).toBeLessThan(7_500)
  expect(await stage.disagreements(pledges, ['hold', 'refund'])).toEqual([])
})
