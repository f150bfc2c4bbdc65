/**
 * A cell with its ends in the caller's hands, for boundaries that live longer than one call: a process step, a lock block
 * over several steps, a streaming response. The engine's `StepUnit` maps onto it one to one.
 */
import type { CheckpointJoin } from '@justscale/engine'
import { Cell, type CellOptions } from './cell.ts'
import { enterCell } from './current-cell.ts'
import type { TransactionLostError } from './errors.ts'
import { originalError } from './original-error.ts'

export interface OpenCell {
  readonly cell: Cell
  /** Calls `body` inside the cell. May be called several times. Rejects with what it throws. */
  run<Result>(body: () => Result): Promise<Awaited<Result>>
  /**
   * Commits what is open and ends the cell. `join.write` goes into the transaction that `join.accepts`, right before its
   * COMMIT, and the answer is then `joined`. Rejects, rolled back, when anything fails.
   */
  close(join?: CheckpointJoin): Promise<'joined' | 'detached'>
  /** Rolls back what is open and ends the cell; never rejects. */
  abort(): Promise<void>
}

/** Opens a cell that is itself the outermost scope: nothing in it commits before `close`. */
export function openCell(options: CellOptions): OpenCell {
  const cell = new Cell('step', options)
  return {
    cell,
    run: async <Result>(body: () => Result): Promise<Awaited<Result>> => {
      try {
        return await enterCell(cell, body)
      } catch (error) {
        throw originalError(error)
      }
    },
    close: (join) => enterCell(cell, () => cell.close(join)),
    abort: () => enterCell(cell, () => cell.abort()),
  }
}

/** The loss that `error` is or was caused by, when a new attempt of the whole unit may succeed. */
export function lossOf(error: unknown): TransactionLostError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'CORE_TRANSACTION_LOST') return cause as TransactionLostError
  }
  return undefined
}
