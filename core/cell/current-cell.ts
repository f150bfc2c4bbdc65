/** The cell that the running code belongs to. Only ever set with `run`, so that parallel branches cannot see each other's. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Cell } from './cell.ts'
import { CellRequiredError } from './errors.ts'

const cells = new AsyncLocalStorage<Cell>()

/** The cell of this code, or `undefined` outside of any. */
export function currentCell(): Cell | undefined {
  return cells.getStore()
}

/** The cell of this code. Throws `CellRequiredError` naming `what` needs it. */
export function requireCell(what: string): Cell {
  const cell = cells.getStore()
  if (!cell) throw new CellRequiredError(what)
  return cell
}

/** Calls `body` inside `cell`. For boundaries; `runInCell` is what most of them want. */
export function enterCell<Result>(cell: Cell, body: () => Result): Result {
  return cells.run(cell, body)
}
