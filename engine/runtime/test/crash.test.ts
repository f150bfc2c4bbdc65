/** Every process, with its node killed at each checkpoint, before or after it is stored, goes on on a new node. */
import { beforeEach, describe, expect, test } from 'bun:test'
import type { Engine, Process } from '@justscale/engine'
import type { EngineStore, StoreSession } from '../../store/store.ts'
import { billing, child, fan, guarded, hand, ledger, parent, rounds, subscription, twoSteps } from './processes.ts'
import { diary, elder, grandchild, middle } from './families.ts'
import { World } from './world.ts'

beforeEach(() => void ledger.splice(0))

/** The store, killing its node at the `at`-th checkpoint: before it is stored, or after. */
class KillingStore {
  commits = 0
  killed = false
  readonly #world: World
  readonly #at: number
  readonly #when: 'before' | 'after'

  constructor(world: World, at: number, when: 'before' | 'after') {
    this.#world = world
    this.#at = at
    this.#when = when
  }

  store(): EngineStore {
    const kill = (session: StoreSession) => {
      this.killed = true
      this.#world.store.kill(session.node)
    }
    return new Proxy(this.#world.store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (name !== 'connect') return typeof member === 'function' ? member.bind(target) : member
        return async (options: Parameters<EngineStore['connect']>[0]) => {
          const session = await target.connect(options)
          const commit = session.commit.bind(session)
          session.commit = async (checkpoints) => {
            this.commits += checkpoints.length
            const now = !this.killed && this.commits >= this.#at
            if (now && this.#when === 'before') kill(session)
            const answers = await commit(checkpoints)
            if (now && this.#when === 'after') kill(session)
            return answers
          }
          return session
        }
      },
    })
  }
}

interface Scenario {
  readonly process: Process<unknown, unknown>
  readonly others?: readonly Process<unknown, unknown>[]
  readonly params: Record<string, string>
  drive(engine: Engine, world: World): Promise<void>
  /** Effects, each once; those in flight at the kill may be there twice. */
  readonly effects: readonly string[]
}

const scenarios: Record<string, Scenario> = {
  subscription: {
    process: subscription as never,
    params: { user: 'ada' },
    async drive(engine, world) {
      await world.clock.advance({ months: 1 })
      await world.clock.advance({ months: 1 })
      await engine.emit(billing.cancelled, { user: 'ada' })
    },
    effects: ['charge ada', 'charge ada'],
  },
  'poker hand': {
    process: hand as never,
    params: { table: 't', hand: 'h' },
    async drive(engine, world) {
      for (let bet = 1; bet <= 8; bet++) {
        await engine.emit(billing.acted, { table: 't', player: `p${bet}`, bet })
        await world.clock.advance(1_000)
      }
    },
    effects: ['charge t'],
  },
  'two steps': {
    process: twoSteps as never,
    params: { id: 'x' },
    async drive() {},
    effects: ['charge x one', 'charge x two'],
  },
  'fan out': {
    process: fan as never,
    params: { id: 'f' },
    drive: (_engine, world) => world.clock.advance({ minutes: 4 }),
    effects: ['charge f 1', 'charge f 2', 'charge f 3'],
  },
  'a map that changes': {
    process: rounds as never,
    params: { id: 'r' },
    drive: (_engine, world) => world.clock.advance({ minutes: 4 }),
    effects: ['charge r a', 'charge r b'],
  },
  children: {
    process: parent as never,
    others: [child as never],
    params: { id: 'p' },
    drive: (_engine, world) => world.clock.advance({ hours: 2 }),
    effects: [],
  },
  cleaning: {
    process: guarded as never,
    params: { id: 'g' },
    async drive(engine, world) {
      await world.clock.settle()
      await engine.process('/guarded/g').cancel('enough')
      await world.clock.settle()
    },
    effects: ['charge refund g', 'charge clean g'],
  },
  'cancelling a family': {
    process: elder as never,
    others: [middle as never, grandchild as never],
    params: { id: 'e' },
    async drive(engine, world) {
      diary.splice(0)
      await world.clock.advance(1_000)
      await engine.process('/elder/e').cancel('enough')
      await world.clock.advance({ hours: 3 })
      ledger.push(diary.at(-1) ?? '')
    },
    effects: ['e is gone'],
  },
}

async function run(scenario: Scenario, at: number, when: 'before' | 'after') {
  ledger.splice(0)
  const world = new World(scenario.process, ...(scenario.others ?? []))
  const killing = new KillingStore(world, at, when)
  const engine = await world.engine(killing.store())
  const handle = await engine.run(scenario.process, scenario.params as never)
  await scenario.drive(engine, world)
  await world.clock.advance({ minutes: 5 })
  const outcome = await Promise.race([
    Promise.resolve(handle.result).then(
      (value) => ({ value }),
      (error: Error) => ({ error: error.message }),
    ),
    world.clock.settle().then(() => 'still running'),
  ])
  await engine.stop()
  return { outcome, effects: [...ledger], commits: killing.commits, killed: killing.killed }
}

describe('killed at any checkpoint', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(name, async () => {
      const native = await run(scenario, Number.POSITIVE_INFINITY, 'before')
      expect(native.effects.toSorted()).toEqual([...scenario.effects].toSorted())
      expect(native.outcome).not.toBe('still running')
      for (let at = 1; at <= native.commits; at++) {
        for (const when of ['before', 'after'] as const) {
          const crashed = await run(scenario, at, when)
          expect(crashed.killed).toBe(true)
          expect({ at, when, outcome: crashed.outcome }).toEqual({ at, when, outcome: native.outcome })
          const extra = [...crashed.effects]
          for (const effect of scenario.effects) {
            expect(extra).toContain(effect)
            extra.splice(extra.indexOf(effect), 1)
          }
          expect({ at, when, extra: extra.length }).toEqual({ at, when, extra: when === 'after' ? 0 : extra.length })
        }
      }
    })
  }
})
