/**
 * What a repository costs over hand-written queries on the same driver: `bun adapters/postgres/bench/repository.bench.ts`.
 * Both sides run in turns in one process, on one embedded database without fsync, one operation at a time; what is compared
 * is CPU time of this process per operation, since wall time on a shared machine says little. The hand-written side maps rows
 * to class instances. Traps: the first rounds compile and are left out; `lock` needs a transaction on either side.
 */
import { bindRepository, defineModel, field, JustScale, ModelRepository } from '@justscale/core'
import { testDatabase } from '@justscale/engine/embedded'
import postgres from 'postgres'
import { createPgModel, createPgRepository, createPostgresFeature, PostgresSchemaFeature } from '../index.ts'

class Item extends defineModel({
  name: 'Item',
  fields: { label: field.string(), amount: field.int(), price: field.decimal(10, 2), at: field.timestamp() },
}) {}

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

const database = await testDatabase()
const app = JustScale()
  .add(createPostgresFeature({ url: database.url }))
  .add(PostgresSchemaFeature)
  .add(bindRepository(ModelRepository.of(Item), createPgRepository(createPgModel(Item))))
  .build()
await app.start()
const items = await app.resolve(ModelRepository.of(Item))
const text = { to: 0, from: [1184], serialize: String, parse: (value: string) => value }
const address = new URL(database.url)
const sql = postgres({
  host: address.searchParams.get('host') ?? address.hostname,
  database: address.pathname.slice(1),
  username: address.username || 'postgres',
  max: 1,
  types: { instant: text },
})
const at = Temporal.Now.instant()
const sample = await app.run(() =>
  items.insertMany(
    Array.from({ length: 100 }, (_, amount) => ({ label: `item ${amount}`, amount, price: amount / 4, at })),
  ),
)
const key = Item.ref(sample[0]!).identifier
const columns = sql`id, label, amount, price, at::text as at`

const rounds: Readonly<Record<string, { ours(): Promise<unknown>; hand(): Promise<unknown> }>> = {
  get: {
    ours: () => items.get(Item.ref(key)),
    hand: async () => new PlainItem((await sql`select ${columns} from items where id = ${key}`)[0]!),
  },
  'find 100 rows': {
    ours: () => items.find({ orderBy: Item.fields.amount.asc(), limit: 100 }),
    hand: async () =>
      (await sql`select ${columns} from items order by amount limit 100`).map((row) => new PlainItem(row)),
  },
  insert: {
    ours: () => items.insert({ label: 'new', amount: 1000, price: 1.5, at }),
    hand: () =>
      sql`insert into items (id, label, amount, price, at) values (${Bun.randomUUIDv7()}, 'new', 1000, 1.5, ${at.toString()}::text::timestamptz)`,
  },
  'lock, update, save': {
    ours: async () => {
      await using locked = await items.lock(Item.ref(key))
      await items.update(locked!, { amount: locked!.amount + 1 })
    },
    hand: async () => {
      const begun = sql`begin`.execute()
      const item = new PlainItem((await sql`select ${columns} from items where id = ${key} for no key update`)[0]!)
      await begun
      const saved = sql`savepoint a`.execute()
      await sql`update items set amount = ${item.amount + 1}, updated_at = now() where id = ${key}`
      await Promise.all([saved, sql`release savepoint a`])
      await sql`commit`
    },
  },
}

const times = Number(process.env.BENCH_TIMES ?? 400)
await app.run(async () => {
  for (const [name, { ours, hand }] of Object.entries(rounds)) {
    const spent = { ours: 0, hand: 0 }
    for (let round = 0; round < 8; round += 1) {
      const [mine, theirs] = [await cpuOf(ours), await cpuOf(hand)]
      if (round < 2) continue
      spent.ours += mine / 6
      spent.hand += theirs / 6
    }
    const ratio = (spent.ours / spent.hand).toFixed(2)
    console.log(
      `${name.padEnd(20)} ${spent.ours.toFixed(0)} us CPU per operation, hand-written ${spent.hand.toFixed(0)} us, ratio ${ratio}`,
    )
  }
})
await sql.end()
await app.stop()
await database.drop()

/** Microseconds of CPU per call. */
async function cpuOf(operation: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let count = 0; count < times; count += 1) await operation()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}
