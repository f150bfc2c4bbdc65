/** A checkpoint on its way to the database, and what it means for the process's next turn. */
import type { Checkpoint } from '../records.ts'

/** How many checkpoints back the timeline of a process reaches. */
export const TIMELINE = 200

/** Whether the checkpoint of this number cuts the timeline off. */
export function isCutAt(seq: number): boolean {
  return seq > TIMELINE && seq % 50 === 0
}

/** A checkpoint and what its node knows of the claim mark. */
export interface Flushed {
  readonly checkpoint: Checkpoint
  /** Whether the claim mark is there. */
  readonly marked: boolean
  readonly rows: Rows
}

/** In which tables a process may have rows that only its own checkpoints write. */
export type Rows = Readonly<Record<'part' | 'timer' | 'subscription', boolean>>

export function isEnding({ status }: Checkpoint): boolean {
  return status === 'completed' || status === 'cancelled'
}

/** True when the process has nothing to do after the checkpoint until something arrives. */
export function isAtRest(checkpoint: Checkpoint): boolean {
  return checkpoint.status !== 'running' && !checkpoint.runnable
}
