/** Concurrent histories on the memory store, and faults in a store that the checker has to see. */
import { describe, expect, test } from 'bun:test'
import { MemoryStore } from '@justscale/engine/memory'
import type { EngineStore, StoreSession } from '../../store.ts'
import { history } from './histories.ts'
import { linearize } from './linearize.ts'
import { model } from './model.ts'
import { generator } from './random.ts'

interface Faults {
  readonly store?: Partial<EngineStore>
  session?(session: StoreSession): Partial<StoreSession>
}

/** Whether the history of this seed can be explained. Calls take their time, before and after they happen. */
async function explained(seed: number, plant: (store: MemoryStore, random: (below: number) => number) => Faults) {
  const random = generator(seed)
  const store = new MemoryStore()
  const pause = async () => {
    for (let turns = random(4); turns > 0; turns--) await Promise.resolve()
  }
  const slow = <Target extends object>(target: Target, faults: Partial<Target>): Target =>
    new Proxy(target, {
      get(real, name) {
        const member: unknown = Object.hasOwn(faults, name) ? Reflect.get(faults, name) : Reflect.get(real, name)
        if (typeof member !== 'function' || name === 'shards')
          return typeof member === 'function' ? member.bind(real) : member
        return async (...given: unknown[]) => {
          await pause()
          const answer: unknown = await member.apply(real, given)
          await pause()
          return answer
        }
      },
    })
  const faults = plant(store, random)
  const nodes: StoreSession[] = []
  for (const name of ['a', 'b']) {
    const session = await store.connect({ name, onWake() {}, onLost() {} })
    nodes.push(slow(session, faults.session?.(session) ?? {}))
  }
  const calls = await history({ store: slow(store, faults.store ?? {}), nodes, name: `${seed}`, random, pause })
  await store.close()
  return { calls, order: linearize(calls, model) }
}

test('every concurrent history of the memory store is one of calls one after the other', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { calls, order } = await explained(seed, () => ({}))
    expect(order === undefined ? { seed, calls } : { seed }).toEqual({ seed })
  }
})

const faults: Readonly<Record<string, (store: MemoryStore) => Faults>> = {
  'signals arrive after their emit was answered': (store) => ({
    store: {
      emit: async (signals) => {
        const counts = await store.emit(
          signals.map((signal) => ({ ...signal, payload: new TextEncoder().encode('p0') })),
        )
        return counts
      },
    },
  }),
  'checkpoints are accepted whatever was stored meanwhile': () => ({
    session: (session) => ({
      commit: async (checkpoints) => {
        const now = await session.reload(checkpoints[0]?.id ?? '')
        const seq = (now?.record.seq ?? 0) + 1
        return session.commit(checkpoints.map((checkpoint) => ({ ...checkpoint, seq })))
      },
    }),
  }),
  'a look sees an inbox as it was': () => {
    const first = new Map<string, Awaited<ReturnType<StoreSession['reload']>>>()
    return {
      session: (session) => ({
        reload: async (id) => {
          const now = await session.reload(id)
          const before = first.get(id)
          if (now !== undefined && before === undefined) first.set(id, now)
          return now && before ? { ...now, inbox: before.inbox } : now
        },
      }),
    }
  },
  'who starts second is told that it was created too': (store) => ({
    store: { start: async (requests) => (await store.start(requests)).map((result) => ({ ...result, created: true })) },
  }),
  'what a checkpoint consumed stays': () => ({
    session: (session) => ({
      commit: (checkpoints) => session.commit(checkpoints.map((checkpoint) => ({ ...checkpoint, consume: [] }))),
    }),
  }),
}

describe('what no order explains is found', () => {
  for (const [name, plant] of Object.entries(faults)) {
    test(name, async () => {
      let found = false
      for (let seed = 1; seed <= 100 && !found; seed++) found = (await explained(seed, plant)).order === undefined
      expect(found).toBe(true)
    })
  }
})
