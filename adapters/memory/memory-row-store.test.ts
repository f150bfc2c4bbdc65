/** What a caller does to a row in place must not reach the stored one, whichever way the row came out or went in. */
import { describe, expect, test } from 'bun:test'
import { defineModel, field } from '@justscale/core'
import type { Row } from '@justscale/core/repository'
import { MemoryDatabase } from './memory-database.ts'
import { MemoryRowStore } from './memory-row-store.ts'
import { MemoryTransaction } from './memory-transaction.ts'

class Note extends defineModel({
  name: 'Note',
  fields: {
    title: field.string().unique(),
    tags: field.array(field.string()),
    place: field.object({ city: field.string(), codes: field.array(field.int()) }),
    data: field.json<unknown>(),
    bytes: field.bytes(),
  },
}) {}

const note = (): Row => ({
  identifier: 'a',
  values: {
    title: 'one',
    tags: ['x', 'y'],
    place: { city: 'Oslo', codes: [1, 2] },
    data: { list: [{ n: 1 }] },
    bytes: Buffer.from([1, 2, 3]),
  },
})
const stored = () => ({ ...note().values, bytes: new Uint8Array([1, 2, 3]) })

function newStore() {
  const database = new MemoryDatabase()
  return { database, store: new MemoryRowStore(database, database.table(Note, [['title']])) }
}

const everything = { where: { kind: 'always', holds: true }, orderBy: [] } as const

/** Changes all that can be changed in place. */
function scribble(row: Row | undefined): void {
  if (!row) throw new Error('no row')
  const values = row.values as Record<string, unknown>
  const { tags, place, data, bytes } = values as {
    tags: string[]
    place: { city: string; codes: number[] }
    data: { list: { n: number }[] }
    bytes: Uint8Array
  }
  tags.push('scribble')
  place.city = 'scribble'
  place.codes.length = 0
  for (const each of data.list) each.n = 99
  bytes.fill(99)
  values.title = 'scribble'
}

type Way = (store: MemoryRowStore, open: () => Promise<MemoryTransaction>) => Promise<Row | undefined>

const ways: Record<string, Way> = {
  select: async (store) => (await store.select(everything))[0],
  selectByKeys: async (store) => (await store.selectByKeys(['a']))[0],
  lock: (store, open) => {
    const place = () => ({ cell: 'a test', line: undefined })
    return store.lock({ identifier: 'a', owner: {}, target: 'Note(a)', place, timeout: 100, first: true }, open)
  },
  update: (store) => store.update('a', { data: note().values.data }),
  upsert: async (store) => (await store.upsert({ ...note(), identifier: 'b' }, ['title'], {})).row,
}

describe('a row in memory', () => {
  test.each(Object.entries(ways))('is not the one that %s gives', async (_, way) => {
    const { database, store } = newStore()
    await store.insert([note()])
    const transaction = new MemoryTransaction(database)
    scribble(await way(store, async () => transaction))
    await transaction.rollback()
    expect((await store.select(everything))[0]?.values).toEqual(stored())
    await expect(store.insert([{ ...note(), identifier: 'c' }])).rejects.toThrow('There is already a Note')
  })

  test('is not the one that was given', async () => {
    const { store } = newStore()
    const [given, change] = [note(), { ...note().values }]
    await store.insert([given])
    scribble(given)
    expect((await store.select(everything))[0]?.values).toEqual(stored())
    await store.update('a', change)
    scribble({ identifier: 'a', values: change })
    expect((await store.select(everything))[0]?.values).toEqual(stored())
  })

  test('is not the one that a transaction reads before it commits', async () => {
    const { database, store } = newStore()
    const transaction = new MemoryTransaction(database)
    await store.insert([note()], transaction)
    scribble((await store.select(everything, transaction))[0])
    await transaction.commit()
    expect((await store.select(everything))[0]?.values).toEqual(stored())
  })
})
