/**
 * The app with all its real parts: server, payment provider and Postgres as OS processes, each test with a database of
 * its own. A turn of the server is stopped in the middle by a gate: triggers that wait for an advisory lock.
 */
import { OsProcess, until } from '@justscale/core/testing'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { openPostgres, type SqlDatabase, type SqlLane } from '@justscale/engine/sql'
import { mkdtempSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ProviderCall } from '../fake-provider/main.ts'
import { Shop } from './shop.ts'

const folder = join(import.meta.dir, '..')

/** Key of the advisory lock that the triggers wait for. */
const GATE = 7_340_001

/** A charge, hold or refund of one pledge, as text: to compare what the provider did with what the database says. */
type Effect = string

export class Stage {
  readonly sql: SqlDatabase
  readonly #database: TestDatabase
  readonly #provider: OsProcess
  readonly #providerUrl: string
  readonly #gate: SqlLane
  readonly #program: string
  #server: OsProcess
  #shop: Shop

  private constructor(parts: Pick<Stage, 'sql' | 'shop'> & StageParts) {
    this.sql = parts.sql
    this.#database = parts.database
    this.#provider = parts.provider
    this.#providerUrl = parts.providerUrl
    this.#gate = parts.gate
    this.#program = parts.program
    this.#server = parts.server
    this.#shop = parts.shop
  }

  /** `program` is the server: its module, or an executable that was built of it. */
  static async open(program = join(folder, 'main.ts')): Promise<Stage> {
    const database = await testDatabase()
    const provider = OsProcess.start(join(folder, 'fake-provider/main.ts'))
    const providerUrl = await provider.url
    const server = startServer(program, database.url, providerUrl)
    const shop = new Shop(await server.url)
    const sql = openPostgres(database.url)
    await sql.query(`create function wait_at_gate() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock_shared(${GATE}); return new; end $$`)
    return new Stage({ sql, database, provider, providerUrl, gate: await sql.lane(), program, server, shop })
  }

  /** What a visitor does, at the server that runs now. */
  get shop(): Shop {
    return this.#shop
  }

  /** What the server printed, for messages. */
  get output(): string {
    return this.#server.output
  }

  get databaseUrl(): string {
    return this.#database.url
  }

  /** `http://localhost:...` of the server that runs now. */
  get url(): Promise<string> {
    return this.#server.url
  }

  async killServer(): Promise<void> {
    await this.#server.kill()
  }

  async startServer(): Promise<void> {
    this.#server = startServer(this.#program, this.#database.url, this.#providerUrl)
    this.#shop = new Shop(await this.#server.url)
  }

  /** Closes the gate for the statements that `trigger` names: `before insert on payments ... when (...)`. */
  async closeGate(trigger: string): Promise<void> {
    await this.sql.query(`create ${trigger} execute function wait_at_gate()`)
    await this.#gate.query('select pg_advisory_lock($1::bigint)', [GATE])
  }

  async openGate(): Promise<void> {
    await this.#gate.query('select pg_advisory_unlock($1::bigint)', [GATE])
  }

  /** The statement of the server that waits at the gate, once there is one, with its connection. */
  async atGate(): Promise<{ query: string; pid: number }> {
    return await until('the server at the gate', () => this.#waiting())
  }

  /** Whether a step of the server is under way now: its statement waits at the gate, or its call at the provider. */
  async isMidTurn(): Promise<boolean> {
    return (await this.#waiting()) !== undefined || (await this.calls()).some((call) => !call.answered)
  }

  async #waiting(): Promise<{ query: string; pid: number } | undefined> {
    const [waiting] = await this.sql.query<{ query: string; pid: number }>(
      `select query, pid from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`,
    )
    return waiting
  }

  /** All calls that the provider got, in order. */
  async calls(): Promise<ProviderCall[]> {
    return (await (await fetch(`${this.#providerUrl}/calls`)).json()) as ProviderCall[]
  }

  async provider(kind: string, answer: 'hold' | 'at once'): Promise<void> {
    await fetch(`${this.#providerUrl}/behaviour`, { method: 'POST', body: JSON.stringify({ kind, answer }) })
  }

  /** Resolves when the campaign has this status. */
  async ended(campaign: string, status: string): Promise<void> {
    await until(`campaign ${status}`, async () => (await this.shop.campaignNow(campaign)).status === status)
  }

  /**
   * What is wrong, in words; empty when the provider carried out exactly `kinds` for each pledge, with one body per key,
   * and the payments table says the same.
   */
  async disagreements(pledges: readonly string[], kinds: readonly string[]): Promise<string[]> {
    const calls = (await this.calls()).filter((call) => pledges.includes(subjectOf(call)))
    const bodies = Map.groupBy(calls, (call) => call.key)
    const changed = [...bodies].filter(([, same]) => new Set(same.map((call) => call.body)).size > 1)
    const wanted = pledges.flatMap((pledge) => kinds.map((kind) => effect(kind, pledge)))
    const effects = calls.filter((call) => call.effect)
    const rows = await this.sql.query<{ kind: string; key: string; pledge: string }>(
      'select kind::text, key, pledge_id::text as pledge from payments',
    )
    const own = rows.filter((row) => pledges.includes(row.pledge))
    return [
      ...changed.map(([key]) => `the bodies of ${key} differ`),
      ...difference(
        'provider',
        wanted,
        effects.map((call) => effect(call.kind, subjectOf(call))),
      ),
      ...difference(
        'payments',
        wanted,
        own.map((row) => effect(row.kind, row.pledge)),
      ),
      ...difference(
        'keys of payments',
        effects.map((call) => call.key),
        own.map((row) => row.key),
      ),
    ]
  }

  async close(): Promise<void> {
    await this.#server.kill()
    await this.#provider.kill()
    this.#gate.release()
    await this.sql.close()
    await this.#database.drop()
  }
}

interface StageParts {
  readonly database: TestDatabase
  readonly provider: OsProcess
  readonly providerUrl: string
  readonly gate: SqlLane
  readonly program: string
  readonly server: OsProcess
}

/** An executable has no `test` environment: its own is that of production, as `test` is. It runs from an empty folder. */
function startServer(program: string, databaseUrl: string, providerUrl: string): OsProcess {
  const env = { DATABASE_URL: databaseUrl, PAYMENTS_URL: providerUrl }
  if (program.endsWith('.ts')) return OsProcess.start(program, env)
  return OsProcess.start(program, { ...env, JUSTSCALE_ENV: '' }, mkdtempSync(join(dirname(program), 'empty-')))
}

function subjectOf(call: ProviderCall): string {
  return (JSON.parse(call.body) as { subject: string }).subject
}

function effect(kind: string, pledge: string): Effect {
  return `${kind} ${pledge}`
}

/** Both lists hold the same, each as often as the other: what is not so. */
function difference(what: string, wanted: readonly Effect[], found: readonly Effect[]): string[] {
  const count = (list: readonly Effect[], one: Effect) => list.filter((other) => other === one).length
  return [...new Set([...wanted, ...found])]
    .filter((one) => count(wanted, one) !== count(found, one))
    .map((one) => `${what}: ${one} ${count(found, one)} times instead of ${count(wanted, one)}`)
}
