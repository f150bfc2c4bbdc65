/** A handler in the machine alone, fed with inputs by hand. */
import { advance, createState, instantiate, pendingEffects, restore, snapshot, type Head } from '../../machine/index.ts'
import type { Environment, LoadedProgram } from '../../program/environment.ts'
import type { Effect, Input, MachineState } from '../../program/state.ts'
import { createValueCodec } from '../../value/create-codec.ts'
import { transform } from '../index.ts'

const codec = createValueCodec()

export interface Machine {
  readonly log: string[]
  effects: Effect[]
  state: MachineState
  readonly program: LoadedProgram
  feed(...inputs: Input[]): Effect[]
  /** Drops the memory and goes on from the stored bytes. */
  crash(): Effect[]
  /** Names of the live values that are stored now. */
  stored(): string[]
}

export function machine(body: string, params: unknown = { id: 'x' }): Machine {
  const source = `import { createProcess, race, signal, delay, listen, drain, retry } from '@justscale/core/process'
export const p = createProcess({ path: '/x/:id', async handler({ svc, sig }: any, { id }: any, { publish }: any) {
${body}
} })`
  const first = transform('/app/case.ts', source)?.programs[0]
  if (!first) throw new Error('Nothing to compile')
  const log: string[] = []
  const resource = (name: string) => ({ [Symbol.dispose]: () => log.push(`dispose ${name}`), name })
  const env: Environment = {
    dependencies: {
      svc: { id: (value: unknown) => value, open: (name: string) => (log.push(`open ${name}`), resource(name)) },
      sig: { paid: { name: 'paid', params: ['id'] }, failed: { name: 'failed', params: ['id'] } },
    },
    isRead: () => false,
    program: () => program,
    adopt: () => program,
    host: { currentStep: () => undefined, transaction: () => undefined, retryDelay: () => undefined },
  }
  const program = instantiate(
    first.program,
    first.hash,
    () => undefined,
    () => env,
    first.debug,
  )
  const state = createState(first.hash, params)
  return {
    log,
    program,
    state,
    effects: advance(state, env, [{ kind: 'start' }]),
    feed(...inputs) {
      this.effects = advance(this.state, env, inputs)
      return this.effects
    },
    crash() {
      const { head, roots } = snapshot(this.state, env)
      this.state = restore(JSON.parse(JSON.stringify(head)) as Head, codec.decode(codec.encode(roots).snapshot), env)
      this.effects = pendingEffects(this.state, env)
      return this.effects
    },
    stored() {
      return snapshot(this.state, env)
        .roots.map((each) => each.name.replace(/^\d+\./, ''))
        .sort()
    },
  }
}

export const returned = (fiber: number, value?: unknown): Input => ({
  kind: 'outcome',
  fiber,
  outcome: { kind: 'returned', value },
})
export const won = (index: number, value?: unknown, fiber = 0): Input => ({
  kind: 'won',
  fiber,
  index,
  outcome: { kind: 'returned', value },
})
export const result = (effects: readonly Effect[]): unknown => effects.findLast((each) => each.kind === 'finished')
