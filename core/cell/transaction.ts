/**
 * `transaction(async () => ...)`: all or nothing, under your own throws too, and the form for parallel branches.
 * It is a child cell. Where the surrounding cell has nothing open it is a transaction of its own; inside an open one
 * (a lock scope, a process step, another `transaction`) it is a savepoint there, and commits with it.
 */
import { Cell, type CellOptions } from './cell.ts'
import { currentCell, enterCell } from './current-cell.ts'
import { originalError } from './original-error.ts'

/** Commits what `body` did when it returns, rolls all of it back and rejects with its error when it throws. */
export async function transaction<Result>(
  body: () => Promise<Result>,
  options: Partial<Pick<CellOptions, 'name' | 'patience'>> = {},
): Promise<Result> {
  const outer = currentCell()
  await outer?.settle()
  const name = options.name ?? (outer ? `transaction in ${outer.name}` : 'transaction')
  const parent = outer?.inUnit ? outer : undefined
  const cell = new Cell(
    'transaction',
    {
      name,
      patience: options.patience ?? outer?.patience(),
      signal: outer?.signal,
      caller: outer?.caller,
      within: outer,
    },
    parent,
  )
  // Keeps the surrounding transaction open until this part of it has ended.
  const scope = await parent?.openScope()
  try {
    return await runTo(cell, body)
  } finally {
    await scope?.close()
  }
}

async function runTo<Result>(cell: Cell, body: () => Promise<Result>): Promise<Result> {
  let result: Result
  try {
    result = await enterCell(cell, body)
  } catch (error) {
    await cell.abort()
    throw originalError(error)
  }
  await enterCell(cell, () => cell.close())
  return result
}
