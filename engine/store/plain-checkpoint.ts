/** A checkpoint with nothing but what is given: it moves its process on, and touches nothing else. */
import type { Checkpoint } from './records.ts'

/** What every checkpoint says. */
export type CheckpointCore = Pick<Checkpoint, 'id' | 'shard' | 'seq' | 'status' | 'head' | 'place'>

export function plainCheckpoint(given: CheckpointCore & Partial<Checkpoint>): Checkpoint {
  return {
    writeParts: new Map(),
    dropParts: [],
    consume: [],
    wakes: [],
    timers: new Map(),
    runnable: false,
    subscribe: [],
    unsubscribe: [],
    start: [],
    emit: [],
    log: [],
    ...given,
  }
}
