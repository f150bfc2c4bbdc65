/** The same with drizzle-orm, on postgres.js too: queries as its documentation writes them. */
import type { Sql } from 'postgres'
import { connect, type Side } from '../sides/side.ts'

/** Of drizzle's interfaces only what is called here: the package is there only after an installation of its own. */
interface Query extends PromiseLike<readonly { readonly amount: number }[]> {
  from(table: unknown): Query
  where(condition: unknown): Query
  orderBy(column: unknown): Query
  limit(count: number): Query
  for(strength: string): Query
  values(row: object): Query
  set(change: object): Query
  returning(): Query
}

interface Database {
  select(): Query
  insert(table: unknown): Query
  update(table: unknown): Query
  transaction<Result>(body: (transaction: Database) => Promise<Result>): Promise<Result>
}

interface ColumnBuilder {
  primaryKey(): ColumnBuilder
}

type Table = Readonly<Record<'id' | 'label' | 'amount' | 'price' | 'at' | 'updatedAt', unknown>>

interface Columns {
  pgTable(name: string, columns: Readonly<Record<keyof Table, unknown>>): Table
  uuid(): ColumnBuilder
  text(): ColumnBuilder
  integer(): ColumnBuilder
  numeric(options: object): ColumnBuilder
  timestamp(name: string, options: object): ColumnBuilder
  timestamp(options: object): ColumnBuilder
}

const names: readonly string[] = ['drizzle-orm/postgres-js', 'drizzle-orm/pg-core', 'drizzle-orm']
const [driver, columns, operators] = await Promise.all(names.map((name) => import(name) as Promise<unknown>))
const { drizzle } = driver as { drizzle(options: { client: Sql }): Database }
const { pgTable, uuid, text, integer, numeric, timestamp } = columns as Columns
const { eq } = operators as { eq(column: unknown, value: unknown): unknown }

const items = pgTable('items', {
  id: uuid().primaryKey(),
  label: text(),
  amount: integer(),
  price: numeric({ precision: 10, scale: 2, mode: 'number' }),
  at: timestamp({ withTimezone: true, mode: 'string' }),
  updatedAt: timestamp('updated_at', { withTimezone: true, mode: 'string' }),
})

export async function drizzleSide(url: string, key: string, at: Temporal.Instant): Promise<Side> {
  const client = connect(url)
  const db = drizzle({ client })
  return {
    get: async () => (await db.select().from(items).where(eq(items.id, key)))[0],
    find: async () => db.select().from(items).orderBy(items.amount).limit(100),
    insert: async () => {
      const row = { id: Bun.randomUUIDv7(), label: 'new', amount: 1000, price: 1.5, at: at.toString() }
      await db.insert(items).values(row)
      return row
    },
    lockAndSave: () =>
      db.transaction(async (transaction) => {
        const [item] = await transaction.select().from(items).where(eq(items.id, key)).for('no key update')
        const change = { amount: item!.amount + 1, updatedAt: Temporal.Now.instant().toString() }
        await transaction.transaction(async (savepoint) => {
          await savepoint.update(items).set(change).where(eq(items.id, key))
        })
        return { ...item!, ...change }
      }),
    end: () => client.end(),
  }
}
