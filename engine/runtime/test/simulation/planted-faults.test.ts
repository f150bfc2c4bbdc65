/** The simulation must notice what it is there for: each of these faults, planted under the engine, breaks an invariant. */
import { describe, expect, test } from 'bun:test'
import type { MemoryStore } from '@justscale/engine/memory'
import type { Checkpoint, LoadedProcess, StoreSession } from '../../../store/store.ts'
import { over, simulate } from './simulation.ts'

type Plant = (session: StoreSession, store: MemoryStore) => StoreSession

/** Changes every checkpoint on its way to the store. */
const altering = (alter: (checkpoint: Checkpoint) => Checkpoint) => (): Plant => (session) =>
  over(session, { commit: (checkpoints) => session.commit(checkpoints.map(alter)) })

/** Writes what was refused all the same, as the process's next checkpoint, in the name of whoever owns it now. */
function unfenced(): Plant {
  const sessions: StoreSession[] = []
  return (session, store) => {
    sessions.push(session)
    return over(session, {
      commit: async (checkpoints) => {
        const answers = await session.commit(checkpoints).catch(() => checkpoints.map(() => 'fenced' as const))
        for (const [index, checkpoint] of checkpoints.entries()) {
          const seq = (await store.load(checkpoint.id))?.record.seq ?? 0
          if (answers[index] === 'fenced')
            for (const owner of sessions) await owner.commit([{ ...checkpoint, seq: seq + 1 }]).catch(() => [])
        }
        return checkpoints.map(() => 'accepted' as const)
      },
    })
  }
}

/** Signals are gone from the inbox once a node has read them, before any checkpoint acted on them. */
function emptied(): Plant {
  const readers = new Map<string, StoreSession>()
  return (session) => {
    const read = (process: LoadedProcess): LoadedProcess => ({
      ...process,
      inbox: process.inbox.filter(({ id }) => {
        if (!readers.has(id)) readers.set(id, session)
        return readers.get(id) === session
      }),
    })
    return over(session, {
      claim: async (limit, running) => (await session.claim(limit, running)).map(read),
      reload: async (id) => {
        const process = await session.reload(id)
        return process && read(process)
      },
    })
  }
}

const faults: Readonly<Record<string, () => Plant>> = {
  'no fence and no compare-and-set': unfenced,
  'the inbox is emptied before the commit': emptied,
  'consumed signals stay in the inbox': altering((checkpoint) => ({ ...checkpoint, consume: [] })),
  'changed values are not written': altering((checkpoint) => ({ ...checkpoint, writeParts: new Map() })),
  'children are not started': altering((checkpoint) => ({ ...checkpoint, start: [] })),
  'ends of processes are not told': altering((checkpoint) => ({ ...checkpoint, emit: [] })),
  'timers are not stored': altering((checkpoint) => ({ ...checkpoint, timers: new Map() })),
  'no subscription of later waits is stored': altering((checkpoint) => ({ ...checkpoint, subscribe: [] })),
  'work in flight is forgotten by a takeover': altering((checkpoint) =>
    checkpoint.status === 'running' ? { ...checkpoint, status: 'waiting', runnable: false } : checkpoint,
  ),
  'a commit is answered and not made': () => (session) => {
    let commits = 0
    return over(session, {
      commit: async (checkpoints) =>
        ++commits % 5 === 0 ? checkpoints.map(() => 'accepted' as const) : session.commit(checkpoints),
    })
  },
  'timers are stored late': altering((checkpoint) => ({
    ...checkpoint,
    timers: new Map([...checkpoint.timers].map(([number, due]) => [number, due === null ? null : due + 1_000_000])),
  })),
}

describe('planted faults are found', () => {
  for (const [name, plant] of Object.entries(faults)) {
    test(
      name,
      async () => {
        let found = false
        for (let seed = 1; seed <= 12 && !found; seed++) {
          found = await simulate({ seed, plant: plant() }).then(
            ({ broken }) => broken.length > 0,
            () => true,
          )
        }
        expect(found).toBe(true)
      },
      30_000,
    )
  }
})
