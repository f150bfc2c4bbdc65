/** Errors keep their class over a restart where a handler of the build names it, and where it is one of our packages. */
import { expect, test } from 'bun:test'
import { type ProcessDefinition, ProcessNotFoundError } from '@justscale/engine'
import { World } from '../world.ts'
import { DeclinedError, made, PaymentError } from './errors.ts'
import { byRoutine, bySpace, catching, failing } from './processes.ts'

/** Starts it on one node, and lets another one take it over at its wait. */
async function restarted(kind: string, definition: ProcessDefinition, after: readonly ProcessDefinition[] = []) {
  const world = new World(definition)
  const first = await world.engine()
  const path = definition.path.replace(':kind', kind)
  await first.run(definition as never, { kind } as never)
  await world.clock.settle()
  await first.drain()
  const count = made.count
  const second = await new WorldOf(world, after.length > 0 ? after : [definition]).engine()
  await world.clock.advance({ days: 2 })
  const result: unknown = await second.process(path).result
  expect(made.count).toBe(count)
  await second.stop()
  return result
}

/** The same store and clock with other definitions. */
class WorldOf extends World {
  constructor(world: World, definitions: readonly ProcessDefinition[]) {
    super(...definitions)
    Object.assign(this, { clock: world.clock, store: world.store })
  }
}

test('instanceof holds for a class that the handler imports, without its constructor run', async () => {
  expect(await restarted('payment', catching)).toEqual([
    'payment',
    'PaymentError',
    'payment',
    3,
    300,
    'gone',
    'PaymentError: payment',
  ])
})

test('an error of a class below one that the handler names is of that one', async () => {
  expect(await restarted('declined', bySpace)).toBe(true)
  expect((await restarted('declined', catching)) as unknown[]).toEqual([
    'payment',
    'DeclinedError',
    'no',
    7,
    700,
    'gone',
    'DeclinedError: no',
  ])
})

test('classes of the module, their members, and causes', async () => {
  expect(await restarted('own', catching)).toEqual(['own', 'RangeError', true])
  expect(await restarted('inner', catching)).toEqual(['inner', 'inner'])
})

test('a class that a routine names', async () => {
  expect(await restarted('declined', byRoutine)).toBe(true)
})

test('classes of our packages, where a helper names them too', async () => {
  expect(await restarted('ours', catching)).toEqual([
    'ours',
    'ProcessNotFoundError',
    'ENGINE_PROCESS_NOT_FOUND',
    'look',
  ])
  expect(await restarted('fenced', catching)).toEqual(['other', 'FencedError', false, true])
})

test('a class that nothing names is the nearest built-in one', async () => {
  expect(await restarted('unknown', catching)).toEqual(['other', 'TypeError', true, false])
})

test('what a process ended with is of its class for whoever asks on another node', async () => {
  const world = new World(failing, catching, byRoutine)
  const first = await world.engine()
  for (const kind of ['declined', 'payment', 'ours']) await first.run(failing, { kind })
  await world.clock.settle()
  await first.drain()
  const second = await world.engine()
  const errorOf = async (kind: string): Promise<unknown> => {
    try {
      return await second.process(`/errors-failing/${kind}`).result
    } catch (error) {
      return error
    }
  }
  expect(await errorOf('declined')).toBeInstanceOf(DeclinedError)
  expect(await errorOf('payment')).toBeInstanceOf(PaymentError)
  expect(await errorOf('ours')).toBeInstanceOf(ProcessNotFoundError)
  await second.stop()
})
