/** The simulation must notice what it is there for: each of these faults, planted under the engine, breaks an invariant. */
import { describe, expect, test } from 'bun:test'
import type { MemoryStore } from '@justscale/engine/memory'
import type { Checkpoint, LoadedProcess } from '../../../store/records.ts'
import type { StoreSession } from '../../../store/store.ts'
import { readHead, writeHead } from '../../head-text.ts'
import { over, type Plant, simulate } from './simulation.ts'

/** Changes every checkpoint on its way to the store. */
const altering = (alter: (checkpoint: Checkpoint) => Checkpoint) => (): Plant => ({
  session: (session) =>
    over(session, {
      commit: (checkpoints) => session.commit(checkpoints.map(alter)),
      commitIn: (transaction, checkpoint) => session.commitIn(transaction, alter(checkpoint)),
    }),
})

/** Writes what was refused all the same, in the name of whoever owns it now, with the `seq` that `seqOf` gives. */
function refusedWrites(seqOf: (checkpoint: Checkpoint, stored: number) => number): Plant {
  const sessions: StoreSession[] = []
  return {
    // Who was replaced does not notice.
    node: (options) => ({ ...options, onLost() {} }),
    session: (session, store) => {
      sessions.push(session)
      const everywhere = async (checkpoint: Checkpoint) => {
        const stored = (await store.load(checkpoint.id))?.record.seq ?? 0
        const again = { ...checkpoint, seq: seqOf(checkpoint, stored) }
        for (const owner of sessions) {
          const [answer] = await owner.commit([again]).catch(() => [])
          if (answer === 'accepted') return answer
        }
        return 'fenced' as const
      }
      return over(session, {
        commit: async (checkpoints) => {
          const answers = await session.commit(checkpoints).catch(() => checkpoints.map(() => 'fenced' as const))
          return Promise.all(
            checkpoints.map((checkpoint, at) => (answers[at] === 'accepted' ? 'accepted' : everywhere(checkpoint))),
          )
        },
      })
    },
  }
}

/** A checkpoint whose answer was lost is written again without a look at what is stored: twice, sometimes. */
function appliedTwice(): Plant {
  let commits = 0
  return {
    session: (session) =>
      over(session, {
        commit: async (checkpoints) => {
          const answers = await session.commit(checkpoints)
          const again = checkpoints.filter((_, at) => answers[at] === 'accepted' && ++commits % 4 === 0)
          await session.commit(again.map((checkpoint) => ({ ...checkpoint, seq: checkpoint.seq + 1 })))
          return answers
        },
      }),
  }
}

/** Signals are gone from the inbox once a node has read them, before any checkpoint acted on them. */
function emptied(): Plant {
  const readers = new Map<string, StoreSession>()
  return {
    session: (session) => {
      const read = (process: LoadedProcess): LoadedProcess => ({
        ...process,
        inbox: process.inbox.filter(({ id }) => {
          if (!readers.has(id)) readers.set(id, session)
          return readers.get(id) === session
        }),
      })
      return over(session, {
        claim: async (limit, running, most) => (await session.claim(limit, running, most)).map(read),
        claimDue: async (ids, most) => {
          const { now, processes } = await session.claimDue(ids, most)
          return { now, processes: processes.map(read) }
        },
        emit: async (signals, limit, running) => {
          const { counts, claimed } = await session.emit(signals, limit, running)
          return { counts, claimed: claimed.map(read) }
        },
        reload: async (id) => {
          const process = await session.reload(id)
          return process && read(process)
        },
      })
    },
  }
}

/** A delivery that does not make its process runnable. */
function unwoken(): Plant {
  return {
    session: (session) =>
      over(session, {
        claim: async (limit, running, most) => {
          const now = (await session.upcoming(0, 0, 1)).timers[0]
          return (await session.claim(limit, running, most)).filter(
            ({ record, inbox }) => now !== undefined || record.status !== 'waiting' || inbox.length === 0,
          )
        },
        // Nor is it given its turn at once.
        emit: (signals) => session.emit(signals, 0, new Set()),
      }),
  }
}

/** A checkpoint is taken to have seen what its node was given of the process, by whichever hand-out. */
function seenByNode(): Plant {
  return {
    session: (session) => {
      const given = new Map<string, Set<string>>()
      const note = (process: LoadedProcess): LoadedProcess => {
        const known = given.get(process.record.id) ?? new Set()
        for (const wake of process.wakes) known.add(wake)
        given.set(process.record.id, known)
        return process
      }
      const all = (checkpoint: Checkpoint) => ({ ...checkpoint, wakes: [...(given.get(checkpoint.id) ?? [])] })
      return over(session, {
        claim: async (limit, running, most) => (await session.claim(limit, running, most)).map(note),
        emit: async (signals, limit, running) => {
          const { counts, claimed } = await session.emit(signals, limit, running)
          return { counts, claimed: claimed.map(note) }
        },
        commit: (checkpoints) => session.commit(checkpoints.map(all)),
        commitIn: (transaction, checkpoint) => session.commitIn(transaction, all(checkpoint)),
      })
    },
  }
}

/** The checkpoint of a transaction that was rolled back is in the frame that the next one writes. */
function uncommitted(): Plant {
  const written = new Map<string, Checkpoint>()
  const leaking = (checkpoint: Checkpoint): Checkpoint => {
    const { head, writeParts } = written.get(checkpoint.id) ?? checkpoint
    return { ...checkpoint, head, writeParts: new Map([...checkpoint.writeParts, ...writeParts]) }
  }
  return {
    session: (session) =>
      over(session, {
        commit: (checkpoints) => session.commit(checkpoints.map(leaking)),
        commitIn: (transaction, checkpoint) => {
          written.set(checkpoint.id, checkpoint)
          if (transaction.kind === 'memory') transaction.onCommit(() => void written.delete(checkpoint.id))
          return session.commitIn(transaction, checkpoint)
        },
      }),
  }
}

/** Who emits sees subscriptions as they were a checkpoint ago. */
function lateSubscriptions(): Plant {
  const pending = new Map<string, Checkpoint['subscribe']>()
  const late = (checkpoint: Checkpoint): Checkpoint => {
    const subscribe = pending.get(checkpoint.id) ?? []
    pending.set(checkpoint.id, checkpoint.subscribe)
    return { ...checkpoint, subscribe }
  }
  return altering(late)()
}

function unmade(): Plant {
  let commits = 0
  return {
    session: (session) =>
      over(session, {
        commit: async (checkpoints) =>
          ++commits % 5 === 0 ? checkpoints.map(() => 'accepted' as const) : session.commit(checkpoints),
      }),
  }
}

const shifted = ({ timers }: Checkpoint, shift: number) =>
  new Map([...timers].map(([number, due]) => [number, due === null ? null : due + shift]))

/** Timers are stored, and kept by their processes, as due before their time. */
const early = altering((checkpoint) => {
  if (checkpoint.head.length === 0) return checkpoint
  const head = readHead(checkpoint.head, '')
  const waits = head.waits.map(
    ([fiber, leaves]) =>
      [fiber, leaves.map((leaf) => (leaf.kind === 'timer' ? { ...leaf, at: leaf.at - 2_500 } : leaf))] as const,
  )
  return { ...checkpoint, timers: shifted(checkpoint, -2_500), head: writeHead({ ...head, waits }) }
})

const faults: Readonly<Record<string, () => Plant>> = {
  'no fence: who was replaced writes on': () => refusedWrites(({ seq }) => seq),
  'takeover without epoch or compare-and-set: who was replaced overwrites': () =>
    refusedWrites((_, stored) => stored + 1),
  'no compare-and-set: a checkpoint is applied twice': appliedTwice,
  'the inbox row is deleted before the commit': emptied,
  'a timer is early': early,
  'a wake-up is lost': unwoken,
  'of two hand-outs the one that is not taken counts as seen': seenByNode,
  "another fiber's uncommitted frame is written": uncommitted,
  'an emit misses who subscribes meanwhile': lateSubscriptions,
  'consumed signals stay in the inbox': altering((checkpoint) => ({ ...checkpoint, consume: [] })),
  'changed values are not written': altering((checkpoint) => {
    if (checkpoint.head.length === 0) return checkpoint
    const head = writeHead({ ...readHead(checkpoint.head, ''), values: [] })
    return { ...checkpoint, head, writeParts: new Map() }
  }),
  'children are not started': altering((checkpoint) => ({ ...checkpoint, start: [] })),
  'ends of processes and signals of steps are not told': altering((checkpoint) => ({ ...checkpoint, emit: [] })),
  'timers are not stored': altering((checkpoint) => ({ ...checkpoint, timers: new Map() })),
  'timers are stored late': altering((checkpoint) => ({ ...checkpoint, timers: shifted(checkpoint, 1_000_000) })),
  'work in flight is forgotten by a takeover': altering((checkpoint) =>
    checkpoint.status === 'running' ? { ...checkpoint, status: 'waiting', runnable: false } : checkpoint,
  ),
  'a commit is answered and not made': unmade,
}

/** What the first seeds out of `seeds` that notice say; a fault may also stop the simulation itself. */
async function noticed(plant: () => Plant, seeds: number): Promise<readonly string[]> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { broken } = await simulate({ seed, plant: plant() }).catch((error: unknown) => ({ broken: [String(error)] }))
    if (broken.length > 0) return broken
  }
  return []
}

describe('planted faults are found', () => {
  test('nothing is found where nothing is planted', async () => {
    const through = (): Plant => ({ session: (session: StoreSession, _store: MemoryStore) => over(session, {}) })
    expect(await noticed(through, 3)).toEqual([])
  }, 30_000)

  for (const [name, plant] of Object.entries(faults)) {
    test(
      name,
      async () => {
        expect(await noticed(plant, 60)).not.toEqual([])
      },
      30_000,
    )
  }
})
