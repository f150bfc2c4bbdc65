/** What is too large, or cannot be stored, is told in the names and lines of the handler. */
import { expect, test } from 'bun:test'
import { defineProcess, defineSignals, delay, type ProcessDefinition, signal } from '@justscale/engine'
import { World } from './world.ts'

const rows = {
  async all(): Promise<string[]> {
    return Array.from({ length: 50_000 }, (_, row) => `row ${row}`.repeat(20))
  },
  page: async () => 'a text of a hundred bytes '.repeat(40),
}
const tools = {
  async make(_n: number) {
    return { run: () => 1 }
  },
  async both(..._values: unknown[]) {},
}

const mail = defineSignals((signal) => ({ arrived: signal('/mail/:id/arrived').data<{ readonly text: string }>() }))
const receiver = defineProcess({
  path: '/receiver/:id',
  async handler(_, { id }) {
    const { text } = await signal(mail.arrived, { id })
    return text
  },
})

const large = defineProcess({
  path: '/large/:id',
  inject: { rows },
  async handler({ rows }, { id }) {
    const small = id
    const all = await rows.all()
    await delay.days(1)
    return small + all.length
  },
})

const returning = defineProcess({
  path: '/returning/:id',
  inject: { rows },
  async handler({ rows }) {
    await rows.page()
    return { deep: [new WeakMap()] }
  },
})

const growing = defineProcess({
  path: '/growing/:id',
  inject: { rows },
  async handler({ rows }) {
    const all: string[] = []
    for (let page = 0; page < 40; page++) {
      all.push((await rows.page()).repeat(10))
      if (page % 10 === 0) await delay.days(1)
    }
    return all.length
  },
})

const between = defineProcess({
  path: '/between/:id',
  inject: { tools },
  async handler({ tools }) {
    await tools.both(await tools.make(1), await tools.make(2))
  },
})

async function failure(
  process: ProcessDefinition & ((params: never) => unknown),
): Promise<Error & { code?: string; hint?: string }> {
  const world = new World(process)
  const engine = await world.engine()
  const handle = await engine.run(process as never, { id: 'x' } as never)
  const error = await Promise.resolve(handle.result).catch((error: unknown) => error)
  await engine.stop()
  return error as Error
}

test('a process that would store too much fails, naming the largest local', async () => {
  const error = await failure(large)
  expect(error.message).toMatch(
    /Process \/large\/x would store \d+ bytes of values, \d+ of them for the local `all`; 4194304 is the limit/,
  )
  expect([error.code, error.hint]).toEqual(['ENGINE_VALUE_TOO_LARGE', expect.stringContaining('limits.error')])
})

test('a value that has no name is told by its await', async () => {
  const error = await failure(between)
  expect(error.message).toMatch(
    /A value between two awaits cannot be stored: the function 'run' at \.run \(needed after the await at .*large-values\.test\.ts:\d+:\d+\)/,
  )
})

test('what the handler returns is told as that, with the handler for a stack and no code of the engine', async () => {
  const error = await failure(returning)
  expect(error.message).toMatch(
    /^What the handler returns cannot be stored: an instance of WeakMap at result\.deep\[0\] \(the handler begins at .*large-values\.test\.ts:\d+:\d+\)$/,
  )
  for (const each of [error, await failure(between)]) {
    expect(String(each.stack).split('\n')).toHaveLength(2)
    expect(each.stack).toMatch(/\n {4}at handler \(.*large-values\.test\.ts:\d+:\d+\)$/)
    expect(Bun.inspect(each)).not.toContain('encode.ts')
  }
})

test('a process that stores much is told of when it becomes so, and whenever it doubles', async () => {
  const world = new World(growing)
  const engine = await world.engine()
  const handle = await engine.run(growing, { id: 'x' })
  await world.clock.advance({ days: 5 })
  expect(await handle.result).toBe(40)
  const sizes = world.events.flatMap((event) => (event.kind === 'large' ? [event.bytes] : []))
  expect(sizes.map((bytes) => Math.floor(Math.log2(bytes / 65_536)))).toEqual([0, 1, 2])
  await engine.stop()
})

test('a signal that no process could hold is refused where it is emitted; who waits for it goes on waiting', async () => {
  const world = new World(receiver)
  const engine = await world.engine()
  const handle = await engine.run(receiver, { id: '1' })
  await world.clock.settle()
  const emitting = engine.emit(mail.arrived, { id: '1', text: 'x'.repeat(5_000_000) })
  await expect(emitting).rejects.toMatchObject({
    code: 'ENGINE_VALUE_TOO_LARGE',
    message: expect.stringContaining('/mail/:id/arrived'),
  })
  expect(await handle.status).toBe('waiting')
  await engine.emit(mail.arrived, { id: '1', text: 'short' })
  await world.clock.settle()
  expect(await handle.result).toBe('short')
})
