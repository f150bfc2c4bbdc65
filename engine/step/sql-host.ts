/**
 * The step host of an engine that stands alone on Postgres: `currentStep().sql` runs statements in a transaction of the step
 * (or of its lock block), which begins with the first of them and ends with the step's checkpoint as its last statement. A step
 * that uses none costs nothing.
 */
import type { SqlDatabase, SqlLane, SqlRow, SqlRunner, SqlValue } from '../sql/connection.ts'
import { SqlConnectionError, SqlStatementError } from '../sql/errors.ts'
import { enterStep } from './current-step.ts'
import { type CheckpointJoin, type Step, type StepHost, type StepOutcome, StepRetry, type StepUnit } from './step.ts'
import type { SqlTransaction } from './transaction.ts'

export function sqlHost(sql: SqlDatabase): StepHost {
  return { open: () => new SqlUnit(sql) }
}

class SqlUnit implements StepUnit, SqlRunner {
  readonly #sql: SqlDatabase
  #lane: Promise<SqlLane> | undefined
  /** Why the transaction is lost, when it is. */
  #lost: unknown

  constructor(sql: SqlDatabase) {
    this.#sql = sql
  }

  async query<Row extends SqlRow = SqlRow>(text: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]> {
    this.#lane ??= this.#begin()
    try {
      return await (await this.#lane).query<Row>(text, parameters)
    } catch (error) {
      if (isLoss(error)) this.#lost ??= error
      throw error
    }
  }

  async run(step: Step, invoke: () => unknown): Promise<StepOutcome> {
    ;(step as { sql?: SqlRunner }).sql = this
    let outcome: StepOutcome
    try {
      outcome = { kind: 'returned', value: await enterStep(step, invoke) }
    } catch (error) {
      outcome = { kind: 'threw', error }
    }
    if (this.#lost !== undefined) throw retry(this.#lost, 'no')
    return outcome
  }

  close(join: CheckpointJoin): Promise<'joined' | 'detached'> | 'detached' {
    return this.#lane === undefined ? 'detached' : this.#commit(this.#lane, join)
  }

  async #commit(opened: Promise<SqlLane>, join: CheckpointJoin): Promise<'joined' | 'detached'> {
    const lane = await opened
    const committed: (() => void)[] = []
    const transaction: SqlTransaction = {
      kind: 'sql',
      storage: this.#sql.identity,
      sql: lane,
      afterCommit: (run) => void committed.push(run),
    }
    const joins = join.accepts(transaction)
    let sent = false
    try {
      if (joins) await join.write(transaction)
      sent = true
      await lane.query('commit')
    } catch (error) {
      throw isLoss(error) ? retry(error, sent && error instanceof SqlConnectionError ? 'unknown' : 'no') : error
    }
    this.#lane = undefined
    lane.release()
    for (const run of committed) run()
    return joins ? 'joined' : 'detached'
  }

  async abort(): Promise<void> {
    const lane = await this.#lane?.catch(() => undefined)
    this.#lane = undefined
    // Inside a transaction it is closed, which rolls it back.
    lane?.release()
  }

  async #begin(): Promise<SqlLane> {
    const lane = await this.#sql.lane()
    await lane.query('begin')
    return lane
  }
}

function isLoss(error: unknown): boolean {
  return error instanceof SqlConnectionError || (error instanceof SqlStatementError && error.transient)
}

function retry(error: unknown, committed: 'no' | 'unknown'): StepRetry {
  return new StepRetry(error instanceof Error ? error.message : String(error), committed, error)
}
