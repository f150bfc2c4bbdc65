/** A checkpoint on its way to the database, and what it means for the process's next turn. */
import type { Checkpoint } from '../store.ts'

/** How many checkpoints back the timeline of a process reaches. */
export const TIMELINE = 200

/** A checkpoint and what its node knows of the claim mark. */
export interface Flushed {
  readonly checkpoint: Checkpoint
  /** Whether the claim mark is there. */
  readonly marked: boolean
}

export function isEnding({ status }: Checkpoint): boolean {
  return status === 'completed' || status === 'cancelled'
}

/** True when the process has nothing to do after the checkpoint until something arrives. */
export function isAtRest(checkpoint: Checkpoint): boolean {
  return checkpoint.status !== 'running' && !checkpoint.runnable
}
