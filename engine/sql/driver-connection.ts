/**
 * One server connection on the `postgres` driver: a client with `max: 1` that may open one socket and no other. The driver
 * would reconnect by itself and send what was queued for a lost transaction on the new connection; the socket factory
 * below refuses that. When the socket closes, everything pending is rejected here, so nothing can hang in the driver.
 */
import { connect as connectSocket, type Socket } from 'node:net'
import postgres from 'postgres'
import type { PostgresAddress } from './address.ts'
import type { SqlRow, SqlValue } from './connection.ts'
import { cannotConnect, driverError } from './driver-error.ts'
import { SqlConnectionError, SqlStatementError } from './errors.ts'

export interface ConnectionOptions {
  readonly address: PostgresAddress
  readonly applicationName: string
  /** Milliseconds to reach the server. */
  readonly connectTimeout: number
  /** False behind a pooler in transaction mode. */
  readonly prepare: boolean
  /** Settings to begin with; it does not matter whether the server knows them. */
  readonly setup?: readonly string[]
  readonly onNotify?: (channel: string, payload: string) => void
  /** Called once when the connection is gone, for whatever reason. */
  readonly onClosed: () => void
}

interface Pending {
  readonly since: number
  /** Milliseconds it may take; 0 for as long as it likes. */
  readonly deadline: number
  reject(error: unknown): void
}

interface DriverResult extends Array<SqlRow | SqlRow[]> {
  readonly command?: string
  readonly state?: { readonly pid: number; readonly secret: number }
}

/** How the driver is told to open sockets; its published types do not know the option. */
interface DriverOptions extends postgres.Options<Record<string, postgres.PostgresType>> {
  readonly socket: () => Promise<Socket>
  readonly onnotify: (channel: string, payload: string) => void
  readonly no_subscribe: boolean
}

export class DriverConnection {
  backend = 0
  healthy = true
  /** Between `begin` and the `commit` or `rollback` that ends it. */
  inTransaction = false
  readonly #options: ConnectionOptions
  readonly #client: postgres.Sql
  readonly #pending = new Set<Pending>()
  readonly #sockets = new Set<Socket>()
  readonly #queryOptions: { readonly prepare: boolean }
  #opened = false
  #gone = false
  #secret = 0
  #last: Promise<void> = Promise.resolve()

  /** Rejects with `SqlConnectionError`. */
  static async open(options: ConnectionOptions): Promise<DriverConnection> {
    const connection = new DriverConnection(options)
    const watchdog = setTimeout(() => connection.destroy('no answer while connecting'), options.connectTimeout)
    try {
      const settings = (options.setup ?? []).map((setting) => connection.run(`set ${setting}`, 0).catch(ignoreRefusal))
      await Promise.all([connection.run('select', 0), ...settings])
      return connection
    } catch (error) {
      connection.destroy('could not connect')
      throw cannotConnect(options.address.text, error)
    } finally {
      clearTimeout(watchdog)
    }
  }

  private constructor(options: ConnectionOptions) {
    this.#options = options
    this.#queryOptions = { prepare: options.prepare }
    this.#client = postgres(
      driverOptions(
        options,
        () => this.#openSocket(),
        () => this.#closed(),
      ),
    )
  }

  /** How many statements are on their way. */
  get busy(): number {
    return this.#pending.size
  }

  run(text: string, deadline: number, parameters?: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    if (this.#options.prepare) return this.#send(text, deadline, parameters)
    // A pooler takes the server away at the end of each statement, and with it what the driver sent ahead for the next.
    const sent = this.#last.then(() => this.#send(text, deadline, parameters))
    this.#last = sent.then(
      () => {},
      () => {},
    )
    return sent
  }

  #send(text: string, deadline: number, parameters?: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    if (!this.healthy) return Promise.reject(this.#lost('it is closed', 'no'))
    const values = parameters ? driverValues(parameters) : []
    const { promise, resolve, reject } = Promise.withResolvers<readonly SqlRow[]>()
    const pending: Pending = { since: performance.now(), deadline, reject }
    this.#pending.add(pending)
    const query = this.#client.unsafe<SqlRow[]>(text, values, this.#queryOptions)
    query.then(
      (result) => {
        this.#pending.delete(pending)
        this.#settled(text, result as unknown as DriverResult, resolve, reject)
      },
      (error: unknown) => {
        this.#pending.delete(pending)
        const translated = driverError(error, this.#options.address.text, 'unknown')
        if (translated instanceof SqlConnectionError) this.#cut(translated)
        reject(translated)
      },
    )
    return promise
  }

  /** Asks the server, over a socket of its own, to cancel what runs here. Never rejects: the answer is the statement's. */
  async cancel(): Promise<void> {
    if (this.#gone || this.#pending.size === 0 || this.backend === 0) return
    const request = Buffer.alloc(16)
    for (const [index, word] of [16, CANCEL_REQUEST, this.backend, this.#secret].entries()) {
      request.writeInt32BE(word | 0, index * 4)
    }
    const socket = await openSocket(this.#options.address, this.#options.connectTimeout).catch(() => undefined)
    if (!socket) return
    socket.on('error', () => {})
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.end(request)
    await closed
  }

  /** Cuts the connection when a statement has been unanswered for longer than it may be. */
  enforceDeadlines(now: number): void {
    for (const pending of this.#pending) {
      if (pending.deadline > 0 && now - pending.since > pending.deadline) {
        this.destroy(`no answer for ${pending.deadline} ms`)
        return
      }
    }
  }

  /** Says goodbye to the server; only for a connection that has nothing on its way. */
  async end(): Promise<void> {
    if (!this.healthy) return
    this.healthy = false
    await this.#client.end({ timeout: 1 })
    this.#closed()
  }

  /** Cuts the connection at once. What is on its way is rejected. */
  destroy(reason: string): void {
    this.#cut(this.#lost(reason, 'unknown'))
  }

  #cut(error: SqlConnectionError): void {
    this.#closed(error)
    for (const socket of this.#sockets) socket.destroy()
  }

  #settled(
    text: string,
    result: DriverResult,
    resolve: (rows: readonly SqlRow[]) => void,
    reject: (error: unknown) => void,
  ): void {
    const last = (Array.isArray(result[0]) ? result[result.length - 1] : result) as unknown as DriverResult
    if (last.state) {
      this.backend = last.state.pid
      this.#secret = last.state.secret
    }
    this.inTransaction = stillInTransaction(text, this.inTransaction)
    if (last.command === 'ROLLBACK' && /^\s*(commit|end)\b/i.test(text)) {
      const hint = 'A statement of this transaction failed before; see its error'
      reject(new SqlStatementError('25P02', 'Nothing was committed: the transaction had failed', { hint }))
      return
    }
    resolve(last as unknown as SqlRow[])
  }

  #closed(error = this.#lost('the server closed it', 'unknown')): void {
    if (this.#gone) return
    this.#gone = true
    this.healthy = false
    for (const pending of this.#pending) pending.reject(error)
    this.#pending.clear()
    this.#options.onClosed()
  }

  #lost(reason: string, sent: 'no' | 'unknown'): SqlConnectionError {
    return new SqlConnectionError(`Connection to ${this.#options.address.text} lost: ${reason}`, { sent })
  }

  async #openSocket(): Promise<Socket> {
    if (this.#opened || this.#gone) throw this.#lost('it was closed', 'no')
    this.#opened = true
    const socket = await openSocket(this.#options.address, this.#options.connectTimeout)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#gone as boolean) {
      socket.destroy()
      throw this.#lost('it was closed', 'no')
    }
    return socket
  }
}

/** The code of a cancel request in the wire protocol. */
const CANCEL_REQUEST = 80_877_102

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof SqlStatementError)) throw error
}

/** A copy in the driver's types: the server decides the type of a number from the cast, so the driver must not. */
function driverValues(parameters: readonly SqlValue[]): Exclude<SqlValue, bigint>[] {
  if (parameters.length > 65_534) throw new TypeError('A statement takes at most 65,534 parameters: pass an array')
  const values: Exclude<SqlValue, bigint>[] = []
  for (const value of parameters) {
    if (value === undefined) throw new TypeError(`Parameter $${values.length + 1} is undefined: pass null for SQL NULL`)
    values.push(typeof value === 'bigint' ? String(value) : value)
  }
  return values
}

/** What begins or ends a transaction starts with one of these: `b`egin, `st`art, `c`ommit, `e`nd, `a`bort, `r`ollback. */
const MAY_CHANGE = /^\s*(?:[bcear]|st)/i

function stillInTransaction(text: string, before: boolean): boolean {
  if (!MAY_CHANGE.test(text)) return before
  if (/^\s*(begin|start\s+transaction)\b/i.test(text)) return true
  if (/^\s*(commit|end|abort|rollback)\b(?!\s+(?:work\s+|transaction\s+)?to\b)/i.test(text)) {
    return /\band\s+chain\b/i.test(text)
  }
  return before
}

function openSocket(address: PostgresAddress, timeout: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = address.socket
    ? connectSocket(address.socket)
    : connectSocket({
        host: address.host,
        port: address.port,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: 5_000,
      })
  const timer = setTimeout(() => socket.destroy(new Error(`no connection after ${timeout} ms`)), timeout)
  socket.once('connect', () => {
    clearTimeout(timer)
    socket.off('error', reject)
    resolve(Object.assign(socket, { host: address.host, port: address.port }))
  })
  socket.once('error', (error) => {
    clearTimeout(timer)
    reject(error)
  })
  return promise
}

/** Everything the driver would read from the environment or do by itself is said here. */
function driverOptions(options: ConnectionOptions, socket: () => Promise<Socket>, onclose: () => void): DriverOptions {
  const { address } = options
  return {
    host: address.host,
    port: address.port,
    path: address.socket,
    database: address.database,
    user: address.user,
    password: address.password,
    ssl: TLS[address.tls],
    max: 1,
    idle_timeout: undefined,
    max_lifetime: null,
    connect_timeout: Math.ceil(options.connectTimeout / 1_000),
    keep_alive: null,
    backoff: () => 0,
    prepare: options.prepare,
    fetch_types: false,
    debug: false,
    target_session_attrs: undefined,
    no_subscribe: true,
    connection: { application_name: options.applicationName },
    types: TYPES,
    socket,
    onclose,
    onnotice: () => {},
    onnotify: options.onNotify ?? (() => {}),
  }
}

const TLS = { off: false, prefer: 'prefer', require: 'require', verify: 'verify-full' } as const

/**
 * The driver's converters replaced: a timestamp stays the server's text (its `Date` would drop microseconds), and strings
 * pass as they are whatever the type of the parameter (it would encode JSON text a second time).
 */
const TYPES: Record<string, postgres.PostgresType> = {
  date: { to: 1184, from: [1082, 1114, 1184], serialize: String, parse: (text: string) => text },
  json: { to: 114, from: [114, 3802], serialize: String, parse: (text: string) => JSON.parse(text) },
  boolean: { to: 16, from: [16], serialize: String, parse: (text: string) => text === 't' },
  bytea: { to: 17, from: [17], serialize: byteaText, parse: (text: string) => Buffer.from(text.slice(2), 'hex') },
}

function byteaText(value: Uint8Array | string): string {
  if (typeof value === 'string') return value
  return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
}
