/** Queries as one writes them by hand on postgres.js, with its own transactions, and rows mapped to class instances. */
import { connect, type Side } from './side.ts'

class PlainItem {
  readonly id: string
  readonly label: string
  amount: number
  readonly price: number
  readonly at: Temporal.Instant

  constructor(row: Record<string, unknown>) {
    this.id = row.id as string
    this.label = row.label as string
    this.amount = row.amount as number
    this.price = Number(row.price)
    this.at = Temporal.Instant.from(row.at as string)
  }
}

export async function handWritten(url: string, key: string, at: Temporal.Instant): Promise<Side> {
  const sql = connect(url)
  const columns = sql`id, label, amount, price, at`
  return {
    get: async () => new PlainItem((await sql`select ${columns} from items where id = ${key}`)[0]!),
    find: async () =>
      (await sql`select ${columns} from items order by amount limit 100`).map((row) => new PlainItem(row)),
    insert: async () => {
      const row = { id: Bun.randomUUIDv7(), label: 'new', amount: 1000, price: '1.50', at: at.toString() }
      await sql`insert into items (id, label, amount, price, at) values (${row.id}, ${row.label}, ${row.amount}, ${row.price}, ${row.at}::text::timestamptz)`
      return new PlainItem(row)
    },
    lockAndSave: () =>
      sql.begin(async (transaction) => {
        const found = await transaction`select ${columns} from items where id = ${key} for no key update`
        const item = new PlainItem(found[0]!)
        item.amount += 1
        await transaction.savepoint(
          (inner) => inner`update items set amount = ${item.amount}, updated_at = now() where id = ${key}`,
        )
        return item
      }),
    end: () => sql.end(),
  }
}

/**
 * The transaction as somebody would write it who counts round trips: what needs no answer is sent ahead. Three writes to the
 * socket instead of five, on a connection of its own.
 */
export async function pipelined(url: string, key: string): Promise<Pick<Side, 'lockAndSave' | 'end'>> {
  const sql = connect(url)
  const columns = sql`id, label, amount, price, at`
  return {
    lockAndSave: async () => {
      // A connection of its own: on a shared one, another caller's statements would fall into this transaction.
      const own = await sql.reserve()
      try {
        const begun = own`begin`.execute()
        const item = new PlainItem((await own`select ${columns} from items where id = ${key} for no key update`)[0]!)
        await begun
        item.amount += 1
        const saved = own`savepoint a`.execute()
        try {
          await own`update items set amount = ${item.amount}, updated_at = now() where id = ${key}`
        } catch (error) {
          await own`rollback to savepoint a`
          throw error
        }
        await saved
        await own`commit`
        return item
      } catch (error) {
        await own`rollback`
        throw error
      } finally {
        own.release()
      }
    },
    end: () => sql.end(),
  }
}
