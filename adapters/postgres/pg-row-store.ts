/** The rows of one model in Postgres. Outside of a unit of work, single statements commit by themselves. */
import type { AggregateNode, ConditionNode, StoredValues } from '@justscale/core'
import {
  checkReferenceKeys,
  isStorageKey,
  QueryError,
  type LockRequest,
  type Row,
  type RowQuery,
  type RowStore,
} from '@justscale/core/repository'
import { DeadlockError } from '@justscale/core/lock'
import { sqlArray, SqlConnectionError, SqlStatementError, type SqlRow, type SqlValue } from '@justscale/engine/sql'
import { aggregateExpression, decodeAggregate } from './compile-aggregate.ts'
import { compileAfter, compileCondition, compileOrder, SqlWriter } from './compile-condition.ts'
import { quoteName } from './identifier.ts'
import { insertStatement, insertStatements } from './insert-statement.ts'
import { circlePartner, rowHolder } from './other-node.ts'
import type { PgDatabase } from './pg-database.ts'
import { translateError } from './pg-error.ts'
import type { PgModel } from './pg-model.ts'
import type { PgTransaction } from './pg-transaction.ts'
import { assignments, changeParameters, updateStatement } from './update-statement.ts'

/** Milliseconds that a bulk write outside of a unit of work waits for locks. */
const PATIENCE = 5_000

/** No column is called that: they are in lower case. */
const INSERTED = 'INSERTED'

export class PgRowStore implements RowStore<PgTransaction> {
  readonly provider
  readonly #database: PgDatabase
  readonly #table: PgModel
  readonly #selectList: string
  readonly #byKey: string
  readonly #byKeys: string
  readonly #lockByKey: string

  constructor(database: PgDatabase, table: PgModel) {
    this.provider = database.provider
    this.#database = database
    this.#table = table
    this.#selectList = table.selectFrom('t')
    const select = `select ${table.selectList} from ${table.quotedTable}`
    this.#byKey = `${select} where id = $1::uuid`
    this.#byKeys = `${select} where id = any($1::uuid[])`
    this.#lockByKey = `${select} where id = $1::uuid for no key update`
  }

  async select(query: RowQuery, transaction?: PgTransaction): Promise<readonly Row[]> {
    const writer = this.#writer()
    const conditions = [compileCondition(query.where, this.#table, 't', writer)]
    if (query.after) conditions.push(compileAfter(query.orderBy, query.after, this.#table, 't', writer))
    const text = [
      `select ${this.#selectList} from ${this.#table.quotedTable} t where ${conditions.join(' and ')}`,
      `order by ${compileOrder(query.orderBy, this.#table, 't')}`,
      ...(query.limit === undefined ? [] : [`limit ${writer.parameter(query.limit, 'bigint')}`]),
      ...(query.offset === undefined ? [] : [`offset ${writer.parameter(query.offset, 'bigint')}`]),
    ].join(' ')
    return this.#decoded(await this.#read(text, writer.parameters, transaction))
  }

  async selectByKeys(identifiers: readonly string[], transaction?: PgTransaction): Promise<readonly Row[]> {
    const keys = identifiers.filter((identifier) => isStorageKey(identifier))
    const [only] = keys
    if (only === undefined) return []
    // The server keeps one plan for a single key, and makes a new one each time for a list.
    const single = keys.length === 1
    return this.#decoded(
      await this.#read(single ? this.#byKey : this.#byKeys, [single ? only : sqlArray(keys)], transaction),
    )
  }

  async count(where: ConditionNode, transaction?: PgTransaction): Promise<number> {
    const writer = this.#writer()
    const condition = compileCondition(where, this.#table, 't', writer)
    const text = `select count(*) as count from ${this.#table.quotedTable} t where ${condition}`
    const [row] = await this.#read(text, writer.parameters, transaction)
    return Number(row?.count)
  }

  async aggregate(
    aggregates: Readonly<Record<string, AggregateNode>>,
    where: ConditionNode,
    transaction?: PgTransaction,
  ): Promise<Readonly<Record<string, unknown>>> {
    const writer = this.#writer()
    const nodes = Object.entries(aggregates)
    const list = nodes.flatMap(([, node], index) => aggregateExpression(node, index, this.#table))
    const condition = compileCondition(where, this.#table, 't', writer)
    const text = `select ${list.join(', ') || '1'} from ${this.#table.quotedTable} t where ${condition}`
    const [row = {}] = await this.#read(text, writer.parameters, transaction)
    return Object.fromEntries(nodes.map(([name, node], index) => [name, decodeAggregate(node, index, row)]))
  }

  async insert(rows: readonly Row[], transaction?: PgTransaction): Promise<void> {
    for (const row of rows) checkReferenceKeys(this.#table.model, row.values)
    const target = `insert of ${this.#table.name}`
    const statements = insertStatements(this.#table, rows)
    const [first, second] = [statements.next().value, statements.next().value]
    if (!first) return
    if (!second) return void (await this.#write(first.text, first.parameters, target, transaction))
    await this.#asOne(target, transaction, async (open) => {
      for (const { text, parameters } of [first, second]) await this.#write(text, parameters, target, open)
      for (const { text, parameters } of statements) await this.#write(text, parameters, target, open)
    })
  }

  async upsert(
    row: Row,
    fields: readonly string[],
    change: StoredValues,
    transaction?: PgTransaction,
  ): Promise<{ readonly row: Row; readonly inserted: boolean }> {
    if (!this.#table.isUnique(fields))
      throw new QueryError(`upsert by ${fields.join(', ')}: no unique field or index of ${this.#table.name}`)
    checkReferenceKeys(this.#table.model, row.values)
    const insert = insertStatement(this.#table, row)
    const parameters = [...insert.parameters]
    const target = fields.map((field) => quoteName(this.#table.column(field).name)).join(', ')
    const set = assignments(this.#table, change, parameters.length)
    parameters.push(...changeParameters(this.#table, change))
    const first = quoteName(this.#table.column(fields[0] ?? '').name)
    const action = set || `${first} = excluded.${first}`
    const text = `${insert.text} on conflict (${target}) do update set ${action} returning ${this.#table.selectList}, (xmax = 0) as ${quoteName(INSERTED)}`
    const [stored] = await this.#bulk(text, parameters, `upsert of ${this.#table.name}`, transaction)
    if (!stored) throw new QueryError(`upsert of ${this.#table.name} gave no row`)
    return { row: this.#table.decode(stored), inserted: stored[INSERTED] === true }
  }

  async lock(request: LockRequest, begin: () => Promise<PgTransaction>): Promise<Row | undefined> {
    if (!isStorageKey(request.identifier)) return undefined
    const { locks } = this.#database
    const key = `${this.#table.table}:${request.identifier}`
    let remaining = request.timeout
    // Whoever holds nothing yet queues here, without a connection; whoever does must be seen by the server's own check.
    if (request.first && !locks.tryAcquire(key, request)) {
      const since = performance.now()
      await locks.acquire(key, request, remaining)
      remaining = Math.max(1, remaining - (performance.now() - since))
    }
    const done = request.first ? undefined : locks.announce(key, request)
    try {
      const transaction = await begin()
      const [row] = await transaction.attempt(this.#lockByKey, [request.identifier], remaining)
      locks.hold(key, request)
      return row && this.#table.decode(row)
    } catch (error) {
      throw await this.#lockFailure(error, key, request)
    } finally {
      done?.()
    }
  }

  unlock(owner: object): void {
    this.#database.locks.releaseAll(owner)
  }

  async update(identifier: string, change: StoredValues, transaction?: PgTransaction): Promise<Row | undefined> {
    const { text, parameters } = updateStatement(this.#table, identifier, change)
    const [row] = await this.#write(text, parameters, `${this.#table.name}(${identifier})`, transaction)
    return row && { identifier, values: change }
  }

  async delete(identifier: string, transaction?: PgTransaction): Promise<boolean> {
    const text = `delete from ${this.#table.quotedTable} where id = $1::uuid returning id`
    return (await this.#write(text, [identifier], `${this.#table.name}(${identifier})`, transaction)).length > 0
  }

  async updateWhere(
    where: ConditionNode,
    change: StoredValues,
    transaction?: PgTransaction,
  ): Promise<readonly string[]> {
    const writer = this.#writer()
    const locked = this.#lockedKeys(where, 'for no key update', writer)
    const set = assignments(this.#table, change, writer.parameters.length)
    if (set === '') return []
    writer.parameters.push(...changeParameters(this.#table, change))
    const text = `with locked as materialized (${locked}) update ${this.#table.quotedTable} u set ${set} from locked where u.id = locked.id returning u.id`
    return this.#keys(await this.#bulk(text, writer.parameters, `update of ${this.#table.name}`, transaction))
  }

  async deleteWhere(where: ConditionNode, transaction?: PgTransaction): Promise<readonly string[]> {
    const writer = this.#writer()
    const locked = this.#lockedKeys(where, 'for update', writer)
    const text = `with locked as materialized (${locked}) delete from ${this.#table.quotedTable} u using locked where u.id = locked.id returning u.id`
    return this.#keys(await this.#bulk(text, writer.parameters, `delete of ${this.#table.name}`, transaction))
  }

  announce(identifiers: readonly string[]): void {
    this.#database.changes.announce(this.#table.table, identifiers)
  }

  watch(identifier: string, onChange: () => void): Promise<{ close(): Promise<void> }> {
    return this.#database.changes.watch(this.#table.table, identifier, onChange)
  }

  #lockedKeys(where: ConditionNode, strength: string, writer: SqlWriter): string {
    const condition = compileCondition(where, this.#table, 't', writer)
    return `select t.id from ${this.#table.quotedTable} t where ${condition} order by t.id ${strength} of t`
  }

  async #read(text: string, parameters: readonly SqlValue[], transaction?: PgTransaction): Promise<readonly SqlRow[]> {
    const context = `query on ${this.#table.name}`
    try {
      if (transaction) return await transaction.query(text, parameters)
      return await this.#database.sql.query(text, parameters)
    } catch (error) {
      // A read may be sent again: the connection that died is not the one that is used next.
      if (transaction || !(error instanceof SqlConnectionError)) throw this.#translate(error, context)
      return this.#database.sql.query(text, parameters).catch((again: unknown) => {
        throw this.#translate(again, context)
      })
    }
  }

  async #write(
    text: string,
    parameters: readonly SqlValue[],
    target: string,
    transaction?: PgTransaction,
  ): Promise<readonly SqlRow[]> {
    try {
      if (transaction) return await transaction.attempt(text, parameters)
      return await this.#database.sql.query(text, parameters)
    } catch (error) {
      throw this.#translate(error, target)
    }
  }

  /** As `#write`, but outside of a unit of work in a transaction of its own, which waits for locks only so long. */
  async #bulk(
    text: string,
    parameters: readonly SqlValue[],
    target: string,
    transaction?: PgTransaction,
  ): Promise<readonly SqlRow[]> {
    if (transaction) return this.#write(text, parameters, target, transaction)
    return this.#inOwn(target, (own) => this.#write(text, parameters, target, own))
  }

  /** Several statements as one: all of them or none, and the transaction goes on. */
  async #asOne(
    target: string,
    transaction: PgTransaction | undefined,
    work: (open: PgTransaction) => Promise<void>,
  ): Promise<void> {
    if (!transaction) return this.#inOwn(target, work)
    const savepoint = await transaction.savepoint()
    try {
      await work(transaction)
      await savepoint.release()
    } catch (error) {
      await savepoint.rollback()
      throw error
    }
  }

  async #inOwn<Result>(target: string, work: (own: PgTransaction) => Promise<Result>): Promise<Result> {
    const own = await this.provider.begin({ timeout: PATIENCE, cell: target })
    try {
      const result = await work(own)
      await own.commit()
      return result
    } catch (error) {
      await own.rollback()
      throw error
    }
  }

  /** Names both sides, with the help of the server where the other one is not on this node. */
  async #lockFailure(
    error: unknown,
    key: string,
    { identifier, owner, target, timeout }: LockRequest,
  ): Promise<unknown> {
    const { locks, sql, tables } = this.#database
    const refused = error instanceof SqlStatementError ? error : undefined
    if (refused?.code === '40P01') {
      const held = locks.targetsOf(owner).filter((each) => each !== target)
      return new DeadlockError(target, held.join(' or ') || undefined, await circlePartner(sql, refused.detail), error)
    }
    const here = locks.holder(key, owner)
    const holder =
      here ?? (refused?.code === '55P03' ? await rowHolder(sql, this.#table.quotedTable, identifier) : undefined)
    return (
      this.#database.stopped(error) ?? translateError(error, { table: this.#table, tables, target, timeout, holder })
    )
  }

  #translate(error: unknown, target: string): unknown {
    const stopped = this.#database.stopped(error)
    if (stopped) return stopped
    return translateError(error, { table: this.#table, tables: this.#database.tables, target, timeout: PATIENCE })
  }

  #decoded(rows: readonly SqlRow[]): readonly Row[] {
    const decoded: Row[] = []
    for (const row of rows) decoded.push(this.#table.decode(row))
    return decoded
  }

  #keys(rows: readonly SqlRow[]): readonly string[] {
    return rows.map((row) => row.id as string)
  }

  #writer(): SqlWriter {
    return new SqlWriter((model) => this.#database.tableOf(model))
  }
}
