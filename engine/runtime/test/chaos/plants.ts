/** Faults that tests plant into the workers: the chaos has to find each of them. */
import type { SqlDatabase } from '@justscale/engine/sql'
import type { Checkpoint } from '../../../store/records.ts'
import type { StoreSession } from '../../../store/store.ts'
import { over } from '../simulation/simulation.ts'
import { shop } from './shop.ts'

const altering =
  (alter: (checkpoint: Checkpoint) => Checkpoint) =>
  (session: StoreSession): StoreSession =>
    over(session, {
      commit: (checkpoints) => session.commit(checkpoints.map(alter)),
      commitIn: (transaction, checkpoint) => session.commitIn(transaction, alter(checkpoint)),
    })

export const plants = {
  /** The checkpoint of a step is stored beside the user's transaction, and not within it. */
  'checkpoint apart': (session: StoreSession) =>
    over(session, {
      commitIn: async (_transaction, checkpoint) => {
        await session.commit([checkpoint])
      },
    }),
  /** What a step writes is committed before its checkpoint is. */
  'writes apart': (session: StoreSession, sql: SqlDatabase) => {
    shop.sql = () => sql
    return session
  },
  /** Nobody is told how a process ended, nor gets what steps emit. */
  untold: altering((checkpoint) => ({ ...checkpoint, emit: [] })),
  /** Signals that were acted upon stay in the inbox. */
  kept: altering((checkpoint) => ({ ...checkpoint, consume: [] })),
} satisfies Readonly<Record<string, (session: StoreSession, sql: SqlDatabase) => StoreSession>>

export type PlantName = keyof typeof plants

export function planted(name: string | undefined, session: StoreSession, sql: SqlDatabase): StoreSession {
  return name !== undefined && name in plants ? plants[name as PlantName](session, sql) : session
}
