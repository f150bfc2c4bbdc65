/**
 * A transaction on a lane. `begin` travels with the first statement, a savepoint with each write, so that a unit of work
 * costs one round trip per statement and one for its commit.
 */
import { TransactionLostError, type Savepoint, type StorageTransaction } from '@justscale/core/cell'
import type { JoinableTransaction } from '@justscale/engine'
import {
  SqlConnectionError,
  SqlStatementError,
  type SqlLane,
  type SqlRow,
  type SqlRunner,
  type SqlValue,
} from '@justscale/engine/sql'

export interface PgTransactionOptions {
  /** `SqlDatabase.identity`. */
  readonly storage: string
  /** Milliseconds a statement waits for a lock. */
  readonly lockTimeout: number
  /** Milliseconds between two statements until the server ends the transaction. */
  readonly idleTimeout: number
}

export class PgTransaction implements StorageTransaction, SqlRunner {
  readonly joinable: JoinableTransaction
  readonly #lane: SqlLane
  readonly #lockTimeout: number
  readonly #idleTimeout: number
  #currentTimeout: number
  /** A statement is under way. */
  #asking = false
  /** When the last statement was sent. */
  #sentAt = 0
  readonly #committed: (() => void)[] = []
  #begun = false
  #savepoints = 0
  /** The savepoint of the last write, if nothing has let go of it. */
  #last: string | undefined
  #lost: TransactionLostError | undefined

  constructor(lane: SqlLane, options: PgTransactionOptions) {
    this.#lane = lane
    this.#lockTimeout = wholeMilliseconds(options.lockTimeout)
    this.#idleTimeout = wholeMilliseconds(options.idleTimeout)
    this.#currentTimeout = this.#lockTimeout
    const afterCommit = (run: () => void) => void this.#committed.push(run)
    this.joinable = { kind: 'sql', storage: options.storage, sql: this, afterCommit }
  }

  /** One statement as it is: when it fails, the transaction is lost. */
  async query<Row extends SqlRow = SqlRow>(
    text: string,
    parameters: readonly SqlValue[] = [],
  ): Promise<readonly Row[]> {
    try {
      return (await this.#send(undefined, text, parameters)) as readonly Row[]
    } catch (error) {
      throw this.#lose(error)
    }
  }

  /** One statement that may be refused: the transaction then goes on as if it had not been tried. */
  async attempt(
    text: string,
    parameters: readonly SqlValue[],
    lockTimeout = this.#lockTimeout,
  ): Promise<readonly SqlRow[]> {
    const timeout = wholeMilliseconds(lockTimeout)
    if (!this.#begun) return this.#attemptFirst(text, parameters, timeout)
    const name = this.#nextSavepoint('w')
    const setting = timeout === this.#currentTimeout ? '' : `; set local lock_timeout = ${timeout}`
    this.#currentTimeout = timeout
    const mark = `${this.#releaseLast()}savepoint ${name}${setting}`
    this.#last = name
    try {
      return await this.#send(mark, text, parameters)
    } catch (error) {
      if (!(error instanceof SqlStatementError)) throw this.#lose(error)
      await this.#goBack(name)
      throw error
    }
  }

  /** Nothing was done before it, so going back is starting again. */
  async #attemptFirst(text: string, parameters: readonly SqlValue[], timeout: number): Promise<readonly SqlRow[]> {
    this.#currentTimeout = timeout
    try {
      return await this.#send(undefined, text, parameters)
    } catch (error) {
      if (!(error instanceof SqlStatementError)) throw this.#lose(error)
      try {
        await this.#lane.query('rollback')
        this.#begun = false
      } catch (lost) {
        throw this.#lose(lost)
      }
      throw error
    }
  }

  async savepoint(): Promise<Savepoint> {
    const name = this.#nextSavepoint('s')
    const release = this.#releaseLast()
    const committed = this.#committed.length
    this.#last = undefined
    await this.query(`${release}savepoint ${name}`)
    return {
      release: async () => {
        this.#last = undefined
        await this.query(`release savepoint ${name}`)
      },
      rollback: () => {
        this.#committed.length = committed
        return this.#goBack(name)
      },
    }
  }

  async commit(): Promise<void> {
    try {
      if (this.#lost) throw this.#lost
      if (this.#begun) await this.#lane.query('commit')
    } catch (error) {
      if (error instanceof TransactionLostError) throw error
      throw new TransactionLostError(textOf(error), error instanceof SqlConnectionError ? error.sent : 'no', error)
    }
    this.#lane.release()
    for (const run of this.#committed) run()
  }

  /** What waits for a lock on the server, for up to the lock timeout, is cancelled there. */
  interrupt(): void {
    if (this.#asking) void this.#lane.cancel()
  }

  async rollback(): Promise<void> {
    try {
      if (this.#begun && this.#lane.healthy) await this.#lane.query('rollback')
    } catch {
      // The lane is closed by its release, and with it the transaction.
    }
    this.#lane.release()
  }

  /** Sends a statement, in one round trip with `begin` if it is the first and with the marks `before` it; gives its rows. */
  async #send(before: string | undefined, text: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    if (this.#lost) throw this.#lost
    const idle = this.#begun ? performance.now() - this.#sentAt : 0
    this.#asking = true
    try {
      const first = this.#begun ? before : this.#begin()
      if (first === undefined) return await this.#lane.query(text, parameters)
      return (await this.#lane.pipeline([{ text: first }, { text, parameters }]))[1] ?? []
    } catch (error) {
      if (idle < this.#idleTimeout || !endedByServer(error)) throw error
      const reason = `nothing was asked of it for ${Math.round(idle)} ms, and the server ends transactions that are idle for ${this.#idleTimeout} ms`
      throw new TransactionLostError(reason, 'no', error)
    } finally {
      this.#asking = false
      this.#sentAt = performance.now()
    }
  }

  #begin(): string {
    this.#begun = true
    return `begin; set local lock_timeout = ${this.#currentTimeout}; set local idle_in_transaction_session_timeout = ${this.#idleTimeout}`
  }

  #nextSavepoint(kind: 's' | 'w'): string {
    this.#savepoints += 1
    return `${kind}${this.#savepoints}`
  }

  /** The savepoint of the write before is let go of with the next one, which saves a message. */
  #releaseLast(): string {
    return this.#last === undefined ? '' : `release savepoint ${this.#last}; `
  }

  async #goBack(name: string): Promise<void> {
    this.#last = undefined
    if (this.#lost) return
    try {
      await this.#lane.query(`rollback to savepoint ${name}; release savepoint ${name}`)
      this.#currentTimeout = -1
    } catch (error) {
      this.#lose(error)
    }
  }

  #lose(error: unknown): unknown {
    if (error instanceof TransactionLostError) return (this.#lost ??= error)
    this.#lost ??= new TransactionLostError(textOf(error), 'no', error)
    return error instanceof SqlStatementError ? error : this.#lost
  }
}

/** The connection is gone, or its last word was that the transaction was idle for too long. */
function endedByServer(error: unknown): boolean {
  return error instanceof SqlConnectionError || (error instanceof SqlStatementError && error.code === '25P03')
}

/** 0 would wait for ever. */
function wholeMilliseconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds))
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
