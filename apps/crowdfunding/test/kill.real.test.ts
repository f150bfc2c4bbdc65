/**
 * The promise of the project, on real parts: the server, a payment provider and Postgres are OS processes, the server is
 * killed with SIGKILL in the middle of a turn, starts again, and without any call to wake it every campaign ends with one
 * effect per pledge. Where a turn is in the middle is made certain by Postgres: a trigger makes a statement (or the
 * COMMIT itself) wait for an advisory lock that the test holds, and the provider answers only when told.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { openPostgres, type SqlDatabase, type SqlLane } from '@justscale/engine/sql'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import type { ProviderCall } from '../fake-provider/main.ts'
import { OsProcess } from './os-process.ts'
import { Shop } from './shop.ts'
import { until } from './until.ts'

const GATE = 7_340_001

let provider: OsProcess
let providerUrl: string
let database: TestDatabase
let sql: SqlDatabase
let gate: SqlLane
let server: OsProcess
let shop: Shop
let midTurn = 0

beforeAll(async () => {
  provider = OsProcess.start('fake-provider/main.ts')
  providerUrl = await provider.url
})

beforeEach(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url)
  await startServer()
  gate = await sql.lane()
  await sql.query(`create function wait_at_gate() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(${GATE}); return new; end $$`)
})

afterEach(async () => {
  await server.kill()
  gate.release()
  await sql.close()
  await database.drop()
})

afterAll(async () => {
  await provider.kill()
  expect(midTurn).toBe(5)
})

async function startServer(): Promise<void> {
  server = OsProcess.start('main.ts', { DATABASE_URL: database.url, PAYMENTS_URL: providerUrl })
  shop = new Shop(await server.url)
}

async function calls(): Promise<ProviderCall[]> {
  return (await (await fetch(`${providerUrl}/calls`)).json()) as ProviderCall[]
}

async function answer(kind: string, how: 'hold' | 'at once'): Promise<void> {
  await fetch(`${providerUrl}/behaviour`, { method: 'POST', body: JSON.stringify({ kind, answer: how }) })
}

/** A statement of the server waits at the gate. */
async function serverWaitsAtGate(): Promise<boolean> {
  const waiting = await sql.query(
    `select 1 from pg_locks where locktype = 'advisory' and objid = $1::bigint::oid and not granted`,
    [GATE],
  )
  return waiting.length > 0
}

async function closeGate(): Promise<void> {
  await gate.query('select pg_advisory_lock($1::bigint)', [GATE])
}

async function openGate(): Promise<void> {
  await gate.query('select pg_advisory_unlock($1::bigint)', [GATE])
}

/** Three pledges that reach the goal together, the last one not yet counted when this resolves. */
async function fundedCampaign(): Promise<{ campaign: string; pledges: string[] }> {
  const campaign = await shop.campaign(30)
  const pledges = [await shop.pledge(campaign, 10), await shop.pledge(campaign, 10), await shop.pledge(campaign, 10)]
  return { campaign, pledges }
}

async function ended(campaign: string, status: string): Promise<void> {
  await until(`campaign ${status}`, async () => (await shop.campaignNow(campaign)).status === status)
}

/** One effect per key and per order, the same body with each key, and the payments table says the same as the provider. */
async function agrees(pledges: readonly string[], kinds: readonly string[]): Promise<void> {
  const own = (await calls()).filter((call) => pledges.includes((JSON.parse(call.body) as { subject: string }).subject))
  for (const call of own) expect(own.filter((same) => same.key === call.key && same.body !== call.body)).toEqual([])
  const effects = own.filter((call) => call.effect)
  const describe = (kind: string, subject: string) => `${kind} ${subject}`
  const wanted = pledges.flatMap((pledge) => kinds.map((kind) => describe(kind, pledge))).sort()
  expect(
    effects.map((call) => describe(call.kind, (JSON.parse(call.body) as { subject: string }).subject)).sort(),
  ).toEqual(wanted)
  const rows = await sql.query<{ kind: string; key: string; pledge_id: string }>(
    'select kind::text, key, pledge_id::text from payments',
  )
  expect(rows.map((row) => describe(row.kind, row.pledge_id)).sort()).toEqual(wanted)
  expect(rows.map((row) => row.key).sort()).toEqual(effects.map((call) => call.key).sort())
}

async function killMidTurn(): Promise<void> {
  midTurn++
  await server.kill()
}

test('killed before a charge is called', async () => {
  await sql.query(`create trigger gate before update on campaigns for each row
    when (new.status = 'settling') execute function wait_at_gate()`)
  await closeGate()
  const { campaign, pledges } = await fundedCampaign()
  await until('the server at the gate', serverWaitsAtGate)
  expect((await calls()).filter((call) => call.kind === 'charge')).toEqual([])
  await killMidTurn()
  await openGate()
  await startServer()
  await ended(campaign, 'completed')
  await agrees(pledges, ['hold', 'charge'])
})

test('killed during a charge', async () => {
  await answer('charge', 'hold')
  const { campaign, pledges } = await fundedCampaign()
  const pending = async () => (await calls()).find((call) => call.kind === 'charge' && !call.answered)
  await until('a charge at the provider', pending)
  await killMidTurn()
  await answer('charge', 'at once')
  await startServer()
  await ended(campaign, 'completed')
  await agrees(pledges, ['hold', 'charge'])
})

test('killed after the provider answered and before the commit', async () => {
  await sql.query(`create trigger gate before insert on payments for each row
    when (new.kind = 'charge') execute function wait_at_gate()`)
  await closeGate()
  const { campaign, pledges } = await fundedCampaign()
  await until('the server at the gate', serverWaitsAtGate)
  const charges = (await calls()).filter(
    (call) => call.kind === 'charge' && pledges.some((pledge) => call.body.includes(pledge)),
  )
  expect(charges.map((call) => call.answered)).toEqual([true])
  await killMidTurn()
  await openGate()
  await startServer()
  await ended(campaign, 'completed')
  await agrees(pledges, ['hold', 'charge'])
})

test.each([
  ['and Postgres carries the commit out', false],
  ['and Postgres drops it', true],
])('killed during the commit, %s', async (_what, terminate) => {
  await sql.query(`create constraint trigger gate after insert on payments deferrable initially deferred for each row
    when (new.kind = 'charge') execute function wait_at_gate()`)
  await closeGate()
  const { campaign, pledges } = await fundedCampaign()
  await until('the server at the gate', serverWaitsAtGate)
  const committing = await sql.query<{ pid: number }>(
    `select pid from pg_stat_activity where wait_event = 'advisory' and query ilike 'commit%' and datname = current_database()`,
  )
  expect(committing).toHaveLength(1)
  await killMidTurn()
  if (terminate) await sql.query('select pg_terminate_backend($1::int)', [committing[0]?.pid ?? 0])
  await openGate()
  await startServer()
  await ended(campaign, 'completed')
  await agrees(pledges, ['hold', 'charge'])
})

test('dead across the deadline, the campaign fails at its original time', async () => {
  const campaign = await shop.campaign(1_000, 'PT4S')
  const started = Date.now()
  const pledges = [await shop.pledge(campaign, 10), await shop.pledge(campaign, 20)]
  await until('both pledges counted', async () => (await shop.campaignNow(campaign)).pledged === 30)
  await server.kill()
  await until('the deadline', async () => Date.now() > started + 4_500)
  await startServer()
  const restarted = Date.now()
  await ended(campaign, 'failed')
  expect(Date.now() - restarted).toBeLessThan(4_000)
  await agrees(pledges, ['hold', 'refund'])
})
