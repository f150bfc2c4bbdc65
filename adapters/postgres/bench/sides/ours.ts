/** The same through repositories, inside the cell of one request. */
import { bindRepository, defineModel, field, JustScale, ModelRepository } from '@justscale/core'
import { createPgModel, createPgRepository, PostgresFeature, PostgresSchemaFeature } from '../../index.ts'
import type { Side } from './side.ts'

class Item extends defineModel({
  name: 'Item',
  fields: { label: field.string(), amount: field.int(), price: field.decimal(10, 2), at: field.timestamp() },
}) {}

/** Makes the table and 100 rows, and runs `body` in a cell of its own with the key of the first. */
export async function ours(
  url: string,
  at: Temporal.Instant,
  body: (side: Side, key: string) => Promise<void>,
): Promise<void> {
  const app = JustScale()
    .add(PostgresFeature({ url }))
    .add(PostgresSchemaFeature)
    .add(bindRepository(ModelRepository.of(Item), createPgRepository(createPgModel(Item))))
    .build()
  await app.start()
  const items = await app.resolve(ModelRepository.of(Item))
  await app.run(async () => {
    const rows = Array.from({ length: 100 }, (_, amount) => ({
      label: `item ${amount}`,
      amount,
      price: amount / 4,
      at,
    }))
    const key = Item.ref((await items.insertMany(rows))[0]!).identifier
    const side: Side = {
      get: () => items.get(Item.ref(key)),
      find: () => items.find({ orderBy: Item.fields.amount.asc(), limit: 100 }),
      insert: () => items.insert({ label: 'new', amount: 1000, price: 1.5, at }),
      lockAndSave: async () => {
        await using locked = await items.lock(Item.ref(key))
        return items.update(locked!, { amount: locked!.amount + 1 })
      },
      end: async () => {},
    }
    await body(side, key)
  })
  await app.stop()
}
