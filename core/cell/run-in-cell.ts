/** Opens a boundary cell for one call. */
import { Cell, type CellOptions } from './cell.ts'
import { currentCell, enterCell } from './current-cell.ts'
import { originalError } from './original-error.ts'

/**
 * Runs `body` in a new cell of its own and resolves after everything in it is committed. Rejects with what `body` throws
 * (what is still open then rolls back) or with the failure of a commit. Always a new root: it joins nobody's transaction.
 */
export async function runInCell<Result>(options: CellOptions, body: () => Result): Promise<Awaited<Result>> {
  return callInCell(options, body)
}

/**
 * As `runInCell`, for boundaries that run very often: gives the result, or throws, at once where `body` is synchronous and
 * nothing is left to commit; else gives the promise.
 */
export function callInCell<Result>(
  options: CellOptions,
  body: () => Result,
): Awaited<Result> | Promise<Awaited<Result>> {
  const caller = options.caller === undefined ? currentCell()?.caller : undefined
  const cell = new Cell('boundary', caller === undefined ? options : { ...options, caller })
  let result: Result
  try {
    result = enterCell(cell, body)
  } catch (error) {
    if (!cell.endIfIdle()) return rolledBack(cell, error)
    throw originalError(error)
  }
  if (isThenable(result) || !cell.endIfIdle()) return committed(cell, result)
  return result as Awaited<Result>
}

async function committed<Result>(cell: Cell, pending: Result): Promise<Awaited<Result>> {
  let result: Awaited<Result>
  try {
    result = await pending
  } catch (error) {
    if (!cell.endIfIdle()) await cell.abort()
    throw originalError(error)
  }
  if (!cell.endIfIdle()) await enterCell(cell, () => cell.close())
  return result
}

async function rolledBack(cell: Cell, error: unknown): Promise<never> {
  await cell.abort()
  throw originalError(error)
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
