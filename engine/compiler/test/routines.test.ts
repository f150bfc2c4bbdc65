/** Exported routines: compiled on their own, called from a process of another module, in frames of their own program. */
import { expect, test } from 'bun:test'
import { advance, createState, instantiate, pendingEffects, restore, snapshot, type Head } from '../../machine/index.ts'
import { compiledMark, type CompiledHandler, type Environment, type LoadedProgram } from '../../program/index.ts'
import { createValueCodec } from '../../value/create-codec.ts'
import { transform } from '../index.ts'

const codec = createValueCodec()

const library = `import { routine, delay } from '@justscale/engine'
export const settle = routine(async (svc: any, items: number[], { times = 1 } = {}) => {
  let total = 0
  for (const item of items) {
    const one = async (n: number) => { total += await svc.charge(n * times) }
    await one(item)
    await delay.hours(1)
  }
  if (total > 100) throw new Error('too much ' + (await svc.charge(0)))
  return total
})
`

const user = `import { createProcess } from '@justscale/core/process'
import { settle } from './library.ts'
export const p = createProcess({ path: '/x/:id', async handler({ svc }: any, { id }: any) {
  const first = await settle(svc, [1, 2])
  try { await settle(svc, [200], { times: 2 }) } catch (e: any) { return [first, e.message, id] }
} })
`

interface Ran {
  readonly outcome: unknown
  /** What `isRead` was asked: the step's name and the import it is called on. */
  readonly asked: [string, unknown][]
}

/** Runs the process of `user` with the routine of `library` as its import, restarted at every stop. */
async function run(library: string, user: string, svc: Record<string, unknown>, imports = {}): Promise<Ran> {
  const [routine, process] = [transform('/app/library.ts', library), transform('/app/user.ts', user)].map(
    (each) => each?.programs[0],
  )
  if (!routine || !process) throw new Error('Nothing to compile')
  const loaded = new Map<string, LoadedProgram>()
  const compiled = { [compiledMark]: 1, ...routine } as unknown as CompiledHandler
  const bindings: Record<string, unknown> = {
    settle: Object.assign(() => undefined, { [compiledMark]: compiled }),
    ...imports,
  }
  const asked: [string, unknown][] = []
  const env: Environment = {
    dependencies: { svc },
    isRead: (site, binding) => (asked.push([site.name, binding]), false),
    program: (hash) => loaded.get(hash) as LoadedProgram,
    adopt: ({ hash }) => loaded.get(hash) as LoadedProgram,
    host: { currentStep: () => undefined, transaction: () => undefined, retryDelay: () => undefined },
  }
  for (const { program, hash, debug } of [routine, process])
    loaded.set(
      hash,
      instantiate(
        program,
        hash,
        ({ name }) => bindings[name],
        () => env,
        debug,
      ),
    )
  let state = createState(process.hash, { id: 'x' })
  let effects = advance(state, env, [{ kind: 'start' }])
  while (!effects.some((each) => each.kind === 'finished')) {
    const held = [...state.frames.values()].some((frame) => frame.resources)
    if (!held) {
      const { head, roots } = snapshot(state, env)
      state = restore(JSON.parse(JSON.stringify(head)) as Head, codec.decode(codec.encode(roots).snapshot), env)
      effects = pendingEffects(state, env)
    }
    const [next] = effects
    const returned = (value?: unknown) => ({ kind: 'returned', value }) as const
    if (next?.kind === 'call' || next?.kind === 'acquire')
      effects = advance(state, env, [{ kind: 'outcome', fiber: next.fiber, outcome: returned(await next.invoke()) }])
    else if (next?.kind === 'release')
      effects = advance(state, env, [{ kind: 'outcome', fiber: next.fiber, outcome: returned() }])
    else if (next?.kind === 'wait')
      effects = advance(state, env, [{ kind: 'won', fiber: next.fiber, index: 0, outcome: returned() }])
    else throw new Error('Stuck')
  }
  const end = effects.at(-1)
  return { outcome: end?.kind === 'finished' ? end.outcome : undefined, asked }
}

test('a routine of another module suspends, returns and throws into its caller, across restarts', async () => {
  const calls: number[] = []
  const { outcome } = await run(library, user, { charge: (amount: number) => (calls.push(amount), amount) })
  expect(outcome).toEqual({ kind: 'returned', value: [3, 'too much 0', 'x'] })
  expect(calls).toEqual([1, 2, 400, 0])
})

test('a routine of another module that starts fibers is refused in a block that holds a lock', async () => {
  const fanOut = `import { routine } from '@justscale/engine'
export const settle = routine(async (svc: any, items: number[]) => Promise.all(items.map(async (each) => svc.charge(each))))
`
  const locked = `import { createProcess } from '@justscale/core/process'
import { settle } from './library.ts'
export const p = createProcess({ path: '/x/:id', async handler({ svc }: any, { id }: any) {
  const before = await settle(svc, [1, 2])
  { using account = await svc.lock(id); await svc.charge(3); try { await settle(svc, [4]) } catch (e: any) { return [before, e.code, e.message] } }
} })
`
  const calls: number[] = []
  const { outcome } = await run(fanOut, locked, {
    charge: (amount: number) => (calls.push(amount), amount),
    lock: () => ({ [Symbol.dispose]() {} }),
  })
  expect(outcome).toMatchObject({ value: [[1, 2], 'ENGINE_FIBER_IN_LOCK', expect.stringContaining('`account`')] })
  expect(calls).toEqual([1, 2, 3])
})

test('whether a step reads is asked with the import that it is called on', async () => {
  const Order = { ref: (id: string) => id }
  const reading = `import { createProcess } from '@justscale/core/process'
import { Order } from './order.ts'
export const p = createProcess({ path: '/x/:id', async handler({ svc }: any, { id }: any) { return [await Order.ref(id), await Order.ref\`${'${id}'}\`] } })
`
  const { asked } = await run(library, reading, {}, { Order })
  expect(new Set(asked.map(([name]) => name))).toEqual(new Set(['Order.ref']))
  expect(asked.every(([, binding]) => binding === Order)).toBe(true)
})
