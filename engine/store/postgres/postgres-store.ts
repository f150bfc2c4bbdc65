/**
 * The Postgres store. All its tables live in one schema, the namespace: apps with different namespaces share a database
 * and never meet. Why the tables and statements are as they are: docs/internals/engine-store.md.
 */
import { type Clock, steadyClock, systemClock } from '../../clock/clock.ts'
import type { SqlDatabase, SqlRow, SqlStatement, SqlSubscription } from '../../sql/connection.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import { sqlHost } from '../../step/sql-host.ts'
import type { StepHost } from '../../step/step.ts'
import type { JoinableTransaction } from '../../step/transaction.ts'
import { encodeControl } from '../control-payload.ts'
import { RETENTION } from '../retention.ts'
import type {
  ControlCommand,
  LineCount,
  LiveProgram,
  LoadedProcess,
  LogLine,
  ProcessFilter,
  ProcessRecord,
  ScheduleFiring,
  ScheduleRecord,
  ScheduleRule,
  SignalEmission,
  StartRequest,
  StartResult,
  StoredProgram,
} from '../records.ts'
import type { EngineStore, NodeOptions, StoreCapabilities, StoreCensus, StoreSession } from '../store.ts'
import { emitStatement, readEmitted } from './emit.ts'
import { takeCensus } from './census.ts'
import { countLines, findByPath, liveChildren, listByFilter, loadById, timelineOf } from './find.ts'
import { Heartbeat } from './heartbeat.ts'
import { Hints } from './hints.ts'
import { findLivePrograms } from './kinds.ts'
import { joinStatements } from './membership.ts'
import { migrate, schemaName } from './migrate.ts'
import { NOW } from './record.ts'
import { fireStatement, putSchedulesStatement, readFired, readSchedule, schedulesStatement } from './schedules.ts'
import { readCrowded, roomStatement } from './room.ts'
import { getProgram, putPrograms } from './programs.ts'
import { PostgresSession } from './session.ts'
import { startOn } from './start.ts'
import { Statement } from './statement.ts'
import { inTransaction, inTurn } from './transaction.ts'
import { Watchers } from './watchers.ts'

export interface PostgresStoreOptions {
  /** The database. The heartbeat connects to it by itself, from a thread of its own. */
  readonly url: string
  /** A client that the app uses too; default: one of the store's own, closed with it. */
  readonly sql?: SqlDatabase
  /** Schema of all tables (default `justscale`). */
  readonly namespace?: string
  /** Milliseconds that ended processes, with result and timeline, are kept (default 7 days). Then their paths are free again. */
  readonly retention?: number
  readonly clock?: Clock
}

/** When a node says nothing else: milliseconds a lease lasts, and that its main thread may be stuck. */
const LEASE = 3_500
const STUCK = 300_000

export class PostgresStore implements EngineStore {
  readonly capabilities: StoreCapabilities
  readonly steps: StepHost
  readonly #url: string
  readonly #sql: SqlDatabase
  readonly #ownsSql: boolean
  readonly #schema: string
  readonly #clock: Clock
  readonly #retention: number
  readonly #hints: Hints
  readonly #watchers: Watchers
  readonly #sessions = new Set<PostgresSession>()
  #ended: Promise<SqlSubscription | undefined> | undefined

  constructor(options: PostgresStoreOptions) {
    this.#url = options.url
    this.#ownsSql = options.sql === undefined
    this.#sql = options.sql ?? openPostgres(options.url)
    this.#schema = schemaName(options.namespace ?? 'justscale')
    this.#clock = steadyClock(options.clock ?? systemClock)
    this.#retention = options.retention ?? RETENTION
    this.#hints = new Hints(this.#sql, this.#schema, this.#clock)
    this.#watchers = new Watchers(this.#sql, this.#schema, this.#clock)
    this.steps = sqlHost(this.#sql)
    const { sessions } = this.#sql
    this.capabilities = { notify: sessions, sessions, terminate: sessions }
  }

  migrate(): Promise<void> {
    return migrate(this.#sql, this.#schema)
  }

  async now(): Promise<number> {
    const [row] = await this.#sql.query<{ now: number }>(`select ${NOW}::float8 as now`)
    return row?.now ?? 0
  }

  async connect(options: NodeOptions): Promise<StoreSession> {
    const [row] = await this.#sql.query<{ id: number }>(`select nextval('${this.#schema}.node_id')::int4 as id`)
    const node = row?.id ?? 0
    const lease = options.lease ?? LEASE
    const stuck = options.stuck ?? STUCK
    const application = this.#sql.applicationName
    let session: PostgresSession | undefined
    const heartbeat = await Heartbeat.start(
      { url: this.#url, applicationName: application, schema: this.#schema, node, lease, stuck },
      this.#clock,
      (reason) => session?.lose(reason),
    )
    session = new PostgresSession({
      sql: this.#sql,
      schema: this.#schema,
      clock: this.#clock,
      node,
      lease,
      application,
      heartbeat,
      hints: this.#hints,
      retention: this.#retention,
      options: {
        ...options,
        onLost: (reason) => {
          if (session) this.#sessions.delete(session)
          options.onLost(reason)
        },
      },
      woken: (shards) => this.#woken(shards),
      onChanged: (ids) => this.#watchers.changed(ids),
    })
    this.#sessions.add(session)
    try {
      await inTransaction(this.#sql, joinStatements(this.#schema, { id: node, name: options.name, application, lease }))
      await session.open()
      await this.#announce(node)
      return session
    } catch (error) {
      await session.leave().catch(() => {})
      throw error
    }
  }

  accepts(transaction: JoinableTransaction): boolean {
    return transaction.kind === 'sql' && transaction.storage === this.#sql.identity
  }

  putPrograms(programs: readonly StoredProgram[]): Promise<void> {
    return putPrograms(this.#sql, this.#schema, programs)
  }

  getProgram(hash: string): Promise<StoredProgram | undefined> {
    return getProgram(this.#sql, this.#schema, hash)
  }

  livePrograms(): Promise<readonly LiveProgram[]> {
    return findLivePrograms(this.#sql, this.#schema)
  }

  linesOf(hash: string): Promise<readonly LineCount[]> {
    return countLines(this.#sql, this.#schema, hash)
  }

  async start(requests: readonly StartRequest[], transaction?: JoinableTransaction): Promise<readonly StartResult[]> {
    const { results, shards } = await this.#write(transaction, (run) => startOn(run, this.#schema, requests))
    this.#wokenBy(transaction, shards)
    return results
  }

  async emit(signals: readonly SignalEmission[], transaction?: JoinableTransaction): Promise<readonly number[]> {
    const statement = emitStatement(this.#schema, signals)
    const { counts, shards } = readEmitted(await this.#write(transaction, (run) => run(statement)), signals)
    this.#wokenBy(transaction, shards)
    return counts
  }

  async room(signals: readonly SignalEmission[]): Promise<void> {
    const look = roomStatement(this.#schema, new Statement(), signals)
    if (look) readCrowded(await this.#sql.query(look.text, look.parameters), signals)
  }

  async control(process: string, command: ControlCommand): Promise<boolean> {
    const rows = await this.#sql.query<{ shard: number }>(
      `with target as (select id, shard from ${this.#schema}.process where id = $1::uuid),
        command as (insert into ${this.#schema}.inbox (process, at, via, payload) select id, ${NOW}, -1, $2::bytea from target),
        woken as (insert into ${this.#schema}.wake (shard, process, id)
          select shard, id, nextval('${this.#schema}.wake_id') from target)
       select shard from target`,
      [process, encodeControl(command)],
    )
    this.#woken(rows.map(({ shard }) => shard))
    return rows.length > 0
  }

  async putSchedules(rules: readonly ScheduleRule[]): Promise<readonly ScheduleRecord[]> {
    const { text, parameters } = putSchedulesStatement(this.#schema, rules)
    const rows = (await this.#sql.query(text, parameters)).map(readSchedule)
    return rules.map((rule) => rows.find(({ name }) => name === rule.name) as ScheduleRecord)
  }

  async schedules(): Promise<readonly ScheduleRecord[]> {
    const { text, parameters } = schedulesStatement(this.#schema)
    return (await this.#sql.query(text, parameters)).map(readSchedule)
  }

  async fire(firing: ScheduleFiring): Promise<boolean> {
    const statement = fireStatement(this.#schema, firing)
    const { fired, woken } = readFired(await inTurn(this.#sql, (run) => run(statement)))
    this.#woken(woken)
    return fired
  }

  find(path: string): Promise<ProcessRecord | undefined> {
    return findByPath(this.#sql, this.#schema, path)
  }

  children(id: string): Promise<readonly ProcessRecord[]> {
    return liveChildren(this.#sql, this.#schema, id)
  }

  census(): Promise<StoreCensus> {
    return takeCensus(this.#sql, this.#schema)
  }

  list(filter: ProcessFilter): Promise<readonly ProcessRecord[]> {
    return listByFilter(this.#sql, this.#schema, filter)
  }

  load(id: string): Promise<LoadedProcess | undefined> {
    return loadById(this.#sql, this.#schema, id)
  }

  /** The capped timeline of one process, oldest first. */
  timeline(id: string): Promise<readonly LogLine[]> {
    return timelineOf(this.#sql, this.#schema, id)
  }

  async changed(id: string, seq: number, signal: AbortSignal): Promise<void> {
    this.#ended ??= this.#listenForEnds()
    await this.#watchers.wait(id, seq, signal)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.leave().catch(() => {})))
    this.#sessions.clear()
    this.#watchers.close()
    await (await this.#ended)?.close()
    await this.#hints.flush()
    if (this.#ownsSql) await this.#sql.close()
  }

  /** Runs statements within `transaction`, or each as one of its own. */
  async #write<Answer>(
    transaction: JoinableTransaction | undefined,
    body: (run: (statement: SqlStatement) => Promise<readonly SqlRow[]>) => Promise<Answer>,
  ): Promise<Answer> {
    if (transaction === undefined) return inTurn(this.#sql, body)
    if (transaction.kind !== 'sql' || transaction.storage !== this.#sql.identity) {
      throw new TypeError('This transaction is not on the database of the engine')
    }
    return body(({ text, parameters }) => transaction.sql.query(text, parameters))
  }

  /** Wakes the nodes of these shards: those of this OS process directly, others by hint. */
  #woken(shards: readonly number[]): void {
    const others = new Set(shards)
    for (const session of this.#sessions) {
      const mine = shards.filter((shard) => session.holds(shard))
      for (const shard of mine) others.delete(shard)
      if (mine.length > 0) session.wake()
    }
    if (others.size > 0) this.#hints.wake(others)
  }

  /** The same once `transaction` commits. When it does not say when, this OS process looks, and other nodes find out. */
  #wokenBy(transaction: JoinableTransaction | undefined, shards: readonly number[]): void {
    if (transaction?.kind !== 'sql') this.#woken(shards)
    else if (transaction.afterCommit) transaction.afterCommit(() => this.#woken(shards))
    else for (const session of this.#sessions) if (shards.some((shard) => session.holds(shard))) session.lookSoon()
  }

  async #listenForEnds(): Promise<SqlSubscription | undefined> {
    if (!this.#sql.sessions) return undefined
    const heard = (payload: string) => this.#watchers.changed(payload.split(' '))
    return this.#sql.listen(this.#hints.endedChannel, heard).catch(() => {
      this.#ended = undefined
      return undefined
    })
  }

  /** Those that hold too much hear that somebody joined. */
  async #announce(node: number): Promise<void> {
    const rows = await this.#sql.query<{ id: number }>(`select id from ${this.#schema}.node where id <> $1::int4`, [
      node,
    ])
    await this.#hints.nudge(rows.map(({ id }) => id))
  }
}
