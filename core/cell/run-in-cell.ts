/** Opens a boundary cell for one call. */
import { Cell, type CellOptions } from './cell.ts'
import { currentCell, enterCell } from './current-cell.ts'
import { originalError } from './original-error.ts'

/**
 * Runs `body` in a new cell of its own and resolves after everything in it is committed. Rejects with what `body` throws
 * (what is still open then rolls back) or with the failure of a commit. Always a new root: it joins nobody's transaction.
 */
export async function runInCell<Result>(options: CellOptions, body: () => Result): Promise<Awaited<Result>> {
  const caller = options.caller === undefined ? currentCell()?.caller : undefined
  const cell = new Cell('boundary', caller === undefined ? options : { ...options, caller })
  let result: Awaited<Result>
  try {
    result = await enterCell(cell, body)
  } catch (error) {
    await cell.abort()
    throw originalError(error)
  }
  await enterCell(cell, () => cell.close())
  return result
}
