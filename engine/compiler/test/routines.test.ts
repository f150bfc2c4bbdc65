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

test('a routine of another module suspends, returns and throws into its caller, across restarts', () => {
  const programs = [transform('/app/library.ts', library), transform('/app/user.ts', user)].map(
    (each) => each?.programs[0],
  )
  const [routine, process] = programs
  if (!routine || !process) throw new Error('Nothing to compile')
  const loaded = new Map<string, LoadedProgram>()
  const compiled = { [compiledMark]: 1, ...routine } as unknown as CompiledHandler
  const settle = Object.assign(() => undefined, { [compiledMark]: compiled })
  const calls: number[] = []
  const env: Environment = {
    dependencies: { svc: { charge: (amount: number) => (calls.push(amount), amount) } },
    isRead: () => false,
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
        () => settle,
        () => env,
        debug,
      ),
    )
  let state = createState(process.hash, { id: 'x' })
  let effects = advance(state, env, [{ kind: 'start' }])
  while (!effects.some((each) => each.kind === 'finished')) {
    const { head, roots } = snapshot(state, env)
    state = restore(JSON.parse(JSON.stringify(head)) as Head, codec.decode(codec.encode(roots).snapshot), env)
    const [next] = pendingEffects(state, env)
    if (next?.kind === 'call') {
      const value = next.invoke()
      effects = advance(state, env, [{ kind: 'outcome', fiber: 0, outcome: { kind: 'returned', value } }])
    } else if (next?.kind === 'wait') {
      effects = advance(state, env, [
        { kind: 'won', fiber: 0, index: 0, outcome: { kind: 'returned', value: undefined } },
      ])
    } else throw new Error('Stuck')
  }
  expect(effects.at(-1)).toMatchObject({ outcome: { value: [3, 'too much 0', 'x'] } })
  expect(calls).toEqual([1, 2, 400, 0])
})
