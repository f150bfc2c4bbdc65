/** What a repository refuses to write, as a table: no program gets past the types' rules at run time either. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { bindRepository, defineModel, field, JustScale, ModelRepository, type Locked } from '@justscale/core'
import { UnsavedChangesError } from '@justscale/core/repository'
import { InMemoryRepository } from './index.ts'

class Order extends defineModel({
  name: 'Order',
  fields: {
    title: field.string().max(5),
    amount: field.decimal(6, 2),
    status: field.enum('Status', ['open', 'paid']).default('open'),
  },
}) {}
class Invoice extends defineModel({ name: 'Invoice', fields: { title: field.string() } }) {}

const shop = (name: string) =>
  JustScale()
    .named(name)
    .add(bindRepository(ModelRepository.of(Order), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(Invoice), new InMemoryRepository()))
    .build()
const app = shop('one')
const other = shop('two')
const orders = () => app.resolve(ModelRepository.of(Order))
const stored = async () => (await orders()).insert({ title: 'x', amount: 1 })
const lockedIn = async (where: typeof app) => {
  const repository = await where.resolve(ModelRepository.of(Order))
  const locked = await repository.lock(await repository.insert({ title: 'x', amount: 1 }))
  if (locked === null) throw new Error('gone')
  return locked
}

beforeAll(async () => {
  await app.start()
  await other.start()
})
afterAll(async () => {
  await app.stop()
  await other.stop()
})

/** Something that is no lock of this unit of work, and what it is called when it is refused. */
const lookalikes: Record<string, { make(): Promise<unknown>; says: string }> = {
  'an object made by hand': { make: async () => ({ title: 'x', amount: 1, status: 'open' }), says: 'NotLockedError' },
  'a spread lock': { make: async () => ({ ...(await lockedIn(app)) }), says: 'NotLockedError' },
  'an object with a lock as its prototype': {
    make: async () => Object.create(await lockedIn(app)) as unknown,
    says: 'NotLockedError',
  },
  'a stored entity': { make: stored, says: 'NotLockedError' },
  'a reference': { make: async () => Order.ref(await stored()), says: 'NotLockedError' },
  'a lock that was let go': {
    make: async () => {
      const locked = await lockedIn(app)
      await locked[Symbol.asyncDispose]()
      return locked
    },
    says: 'LockReleasedError',
  },
  'a lock of another unit of work': {
    make: () => {
      const { promise, resolve } = Promise.withResolvers<Locked<Order>>()
      void app
        .run(async () => {
          resolve(await lockedIn(app))
          await over.promise
        })
        .catch(unsaved)
      return promise
    },
    says: 'NotLockedError',
  },
  'a lock of another model': {
    make: async () => {
      const invoices = await app.resolve(ModelRepository.of(Invoice))
      return invoices.lock(await invoices.insert({ title: 'x' }))
    },
    says: 'QueryError',
  },
  'a lock of another app': {
    make: () => {
      const { promise, resolve } = Promise.withResolvers<Locked<Order>>()
      void other
        .run(async () => {
          resolve(await lockedIn(other))
          await over.promise
        })
        .catch(unsaved)
      return promise
    },
    says: 'ForeignAppError',
  },
}
/** The change that was not saved is refused at the end, too. */
const unsaved = (error: unknown) => expect(error).toBeInstanceOf(UnsavedChangesError)
const over = Promise.withResolvers<void>()
afterAll(() => over.resolve())

describe.each(Object.entries(lookalikes))('%s', (_, { make, says }) => {
  test.each(['save', 'update', 'delete'] as const)('is refused by %s', async (method) => {
    await app.run(async () => {
      const repository = await orders()
      const call = repository[method].bind(repository) as (...args: unknown[]) => Promise<unknown>
      const target = await make()
      if (method === 'save') change(target)
      const refusal = await call(target, { amount: 2 }).then(
        () => 'nothing',
        (error: Error) => error.name,
      )
      expect(refusal).toBe(says)
    })
  })
})

/** So that there is something to save; what is read-only or let go is left as it is. */
function change(target: unknown): void {
  try {
    Object.assign(target as object, { amount: 2 })
  } catch {}
}

test.each<[string, Record<string, unknown>, string]>([
  ['a word outside the enum', { status: 'lost' }, 'status must be one of "open", "paid"'],
  ['a text that is too long', { title: 'too long' }, 'title must have at most 5 characters'],
  ['a number with too many digits', { amount: 12345 }, 'amount must have at most 4 digits before the point'],
  ['a field that there is not', { colour: 'red' }, 'colour is not a field'],
])('%s is refused by insert, update and assignment', async (_, patch, message) => {
  await app.run(async () => {
    const repository = await orders()
    await expect(repository.insert({ title: 'x', amount: 1, ...patch } as never)).rejects.toThrow(message)
    await using locked = await lockedIn(app)
    await expect(repository.update(locked, patch as never)).rejects.toThrow(message)
    if (!('colour' in patch)) expect(() => Object.assign(locked, patch)).toThrow(message)
    expect(await repository.save(locked)).toMatchObject({ title: 'x', amount: 1, status: 'open' })
  })
})

test('a scale is not refused but rounded, half to even', async () => {
  await app.run(async () => {
    const repository = await orders()
    const amounts = [1.005, 1.015, 1.025].map(
      async (amount) => (await repository.insert({ title: 'x', amount })).amount,
    )
    expect(await Promise.all(amounts)).toEqual([1, 1.02, 1.02])
  })
})

test('an entity of another model is no order, new or stored', async () => {
  await app.run(async () => {
    const repository = await orders()
    const invoice = new Invoice({ title: 'x' })
    await expect(repository.insert(invoice as never)).rejects.toThrow('Order.insert: this is a Invoice')
    const kept = await (await app.resolve(ModelRepository.of(Invoice))).insert(invoice)
    await expect(repository.insert(kept as never)).rejects.toThrow('is stored already')
    await expect(repository.lock(kept as never)).rejects.toThrow('must be a reference to Order, got a Invoice')
  })
})
