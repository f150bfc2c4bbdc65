/**
 * The SQL seam on the `postgres` driver. Every lane is a connection of its own, spoken to with plain `begin` and `commit`:
 * the driver's own `begin()` and `reserve()` hang or crash the process when a connection dies inside them. Single
 * statements borrow a lane each, so that a dying connection takes one statement with it and no other.
 */
import { hostname } from 'node:os'
import { type Clock, steadyClock, systemClock } from '../clock/clock.ts'
import { parsePostgresAddress, type PostgresAddress } from './address.ts'
import type {
  SqlDatabase,
  SqlLane,
  SqlLaneOptions,
  SqlRow,
  SqlStatement,
  SqlSubscription,
  SqlValue,
} from './connection.ts'
import { DriverConnection } from './driver-connection.ts'
import { SqlConnectionError } from './errors.ts'
import { LanePool } from './lane-pool.ts'
import { Listener } from './listener.ts'

export interface PostgresOptions {
  /** Connections at most, by pool. Defaults: work 10, flush 4, control 4, query 10 (for single statements). */
  readonly pools?: Partial<Record<PoolName, number>>
  /** Shown in `pg_stat_activity`. Default: a name of its own, by which the connections of a dead node are found. */
  readonly applicationName?: string
  /** Milliseconds to reach the server (default 5,000). */
  readonly connectTimeout?: number
  /** Milliseconds a statement may stay unanswered before its connection is cut (default 60,000; 0: for ever). */
  readonly deadline?: number
  /** Milliseconds after which an unused connection is closed (default 60,000). */
  readonly idle?: number
  /**
   * False behind a pooler in transaction mode (PgBouncer): no prepared statements, no session settings, no LISTEN.
   * Default: true, unless the URL says `prepare=false` or `pgbouncer=true`.
   */
  readonly sessions?: boolean
  readonly clock?: Clock
}

type PoolName = 'work' | 'flush' | 'control' | 'query'

const POOL_SIZES: Record<PoolName, number> = { work: 10, flush: 4, control: 4, query: 10 }

/** How often deadlines and unused connections are looked at, in milliseconds. */
const SWEEP = 250

/** Opens nothing yet: connections are made when they are needed. Throws `SqlConnectionError` for an address it cannot read. */
export function openPostgres(url: string, options: PostgresOptions = {}): SqlDatabase {
  return new PostgresDatabase(parsePostgresAddress(url), options)
}

class PostgresDatabase implements SqlDatabase {
  readonly identity: string
  readonly address: string
  readonly applicationName: string
  readonly sessions: boolean
  readonly #location: PostgresAddress
  readonly #options: PostgresOptions
  readonly #pools: Record<PoolName, LanePool>
  readonly #listener: Listener
  readonly #sweep: Timer
  #closing: Promise<void> | undefined

  constructor(location: PostgresAddress, options: PostgresOptions) {
    this.#location = location
    this.#options = options
    this.identity = location.identity
    this.address = location.text
    this.applicationName = options.applicationName ?? uniqueName()
    this.sessions = options.sessions ?? !location.pooled
    this.#pools = {
      work: this.#pool('work'),
      flush: this.#pool('flush'),
      control: this.#pool('control'),
      query: this.#pool('query'),
    }
    const clock = steadyClock(options.clock ?? systemClock)
    this.#listener = new Listener({ clock, open: (onNotify, onClosed) => this.#connect([], onClosed, onNotify) })
    this.#sweep = setInterval(() => this.#lookAfter(), SWEEP)
    this.#sweep.unref()
  }

  async query<Row extends SqlRow = SqlRow>(text: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]> {
    const pool = this.#pools.query
    const connection = pool.take() ?? (await pool.acquire(LANE_TIMEOUT))
    try {
      return (await connection.run(text, this.#deadline, parameters)) as readonly Row[]
    } finally {
      pool.release(connection)
    }
  }

  async lane(options: SqlLaneOptions = {}): Promise<SqlLane> {
    const pool = this.#pools[options.pool ?? 'work']
    options.signal?.throwIfAborted()
    const connection = pool.take() ?? (await pool.acquire(options.timeout ?? LANE_TIMEOUT, options.signal))
    return new PostgresLane(connection, options.deadline ?? this.#deadline, () => pool.release(connection))
  }

  async listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListening?: (silent: number) => void,
  ): Promise<SqlSubscription> {
    if (this.sessions) return this.#listener.listen(channel, onNotify, onListening)
    throw new SqlConnectionError('LISTEN needs a session, and this address leads to a pooler in transaction mode', {
      sent: 'no',
      hint: 'Poll instead, or use the address of the server itself',
    })
  }

  close(deadline = 5_000): Promise<void> {
    this.#closing ??= this.#close(deadline)
    return this.#closing
  }

  async #close(deadline: number): Promise<void> {
    const pools = Object.values(this.#pools)
    const cut = setTimeout(() => {
      for (const pool of pools) pool.cut()
    }, deadline)
    await Promise.all([...pools.map((pool) => pool.close()), this.#listener.close()])
    clearTimeout(cut)
    clearInterval(this.#sweep)
  }

  get #deadline(): number {
    return this.#options.deadline ?? 60_000
  }

  #pool(name: PoolName): LanePool {
    return new LanePool({
      name,
      size: this.#options.pools?.[name] ?? POOL_SIZES[name],
      idle: this.#options.idle ?? 60_000,
      clock: steadyClock(this.#options.clock ?? systemClock),
      open: async (onClosed) => {
        let connection: DriverConnection | undefined
        connection = await this.#connect(SETTINGS[name], () => onClosed(connection))
        return connection
      },
    })
  }

  #connect(
    settings: readonly string[],
    onClosed: () => void,
    onNotify?: (channel: string, payload: string) => void,
  ): Promise<DriverConnection> {
    return DriverConnection.open({
      address: this.#location,
      applicationName: this.applicationName,
      connectTimeout: this.#options.connectTimeout ?? 5_000,
      prepare: this.sessions,
      onClosed,
      ...(this.sessions && { setup: [...SETUP, ...settings] }),
      ...(onNotify && { onNotify }),
    })
  }

  #lookAfter(): void {
    const now = performance.now()
    for (const pool of Object.values(this.#pools)) {
      for (const connection of pool.connections) connection.enforceDeadlines(now)
      pool.evictIdle()
    }
    this.#listener.enforceDeadlines(now)
  }
}

function uniqueName(): string {
  return `justscale ${hostname().slice(0, 30)} ${process.pid} ${crypto.randomUUID().slice(0, 8)}`
}

const LANE_TIMEOUT = 5_000

/**
 * What connections begin with. A server whose client was killed notices within a second, even in the middle of a long
 * statement. What is read and locked is what is there when a statement begins, and values come in the forms that are
 * understood here, whatever the defaults of the database are.
 */
const SETUP = [
  'client_connection_check_interval = 1000',
  `default_transaction_isolation = 'read committed'`,
  `bytea_output = 'hex'`,
  'extra_float_digits = 1',
]

/**
 * The engine's own statements are few and long: to plan one takes longer than to run it, so each is planned once. What is
 * planned while a table is small must not read all of it for ever: each row is found by an index, in a scan that notes there
 * which rows are gone (a bitmap does not, and visits them again until vacuum comes).
 */
const ENGINE = ['plan_cache_mode = force_generic_plan', 'enable_seqscan = off', 'enable_bitmapscan = off']

/** What the connections of each pool begin with besides. */
const SETTINGS: Record<PoolName, readonly string[]> = { work: [], query: [], flush: ENGINE, control: ENGINE }

class PostgresLane implements SqlLane {
  readonly #connection: DriverConnection
  readonly #deadline: number
  readonly #giveBack: () => void
  #released = false

  constructor(connection: DriverConnection, deadline: number, giveBack: () => void) {
    this.#connection = connection
    this.#deadline = deadline
    this.#giveBack = giveBack
  }

  get healthy(): boolean {
    return !this.#released && this.#connection.healthy
  }

  get backend(): number {
    return this.#connection.backend
  }

  query<Row extends SqlRow = SqlRow>(text: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]> {
    if (this.#released) return Promise.reject(released())
    return this.#connection.run(text, this.#deadline, parameters) as Promise<readonly Row[]>
  }

  async pipeline(statements: readonly SqlStatement[]): Promise<readonly (readonly SqlRow[])[]> {
    if (this.#released) throw released()
    const running: Promise<readonly SqlRow[]>[] = []
    for (const { text, parameters } of statements) {
      running.push(this.#connection.run(text, this.#deadline, parameters))
    }
    try {
      return await Promise.all(running)
    } catch {
      // Answers come in order: what a later one fails with follows from the first failure.
      const answers = await Promise.allSettled(running)
      throw answers.find((answer) => answer.status === 'rejected')?.reason
    }
  }

  cancel(): Promise<void> {
    return this.#connection.cancel()
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#giveBack()
  }
}

function released(): SqlConnectionError {
  return new SqlConnectionError('This lane was given back', { sent: 'no' })
}
