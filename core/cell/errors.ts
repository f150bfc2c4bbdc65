/** Errors of cells and units of work. Each has a stable code, a hint and a page under docs/errors. */

import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** Something needs a cell and none is open: `repo.lock` in a bare script, for example. */
export class CellRequiredError extends CoreError {
  static {
    nameError(this, 'CellRequiredError')
  }

  readonly code = 'CORE_CELL_REQUIRED'

  constructor(what: string) {
    super(`${what} needs a cell, and this code runs in none`, {
      hint: 'Call it inside a request, a process step, app.run(...) or transaction(async () => ...).',
    })
  }
}

/** Work went on after its cell had ended: a promise that nobody awaited. */
export class CellClosedError extends CoreError {
  static {
    nameError(this, 'CellClosedError')
  }

  readonly code = 'CORE_CELL_CLOSED'

  constructor(cell: string) {
    super(`${cell} has ended, and work that belongs to it still runs`, {
      hint: 'Await every promise before the handler returns, or start the work in its own app.run(...).',
    })
  }
}

/**
 * The transaction is gone, and nothing of it is stored (`committed: 'no'`), or the connection was lost during COMMIT
 * and it is not known (`committed: 'unknown'`).
 */
export class TransactionLostError extends CoreError {
  static {
    nameError(this, 'TransactionLostError')
  }

  readonly code = 'CORE_TRANSACTION_LOST'
  readonly committed: 'no' | 'unknown'

  constructor(reason: string, committed: 'no' | 'unknown', cause?: unknown) {
    super(
      committed === 'no'
        ? `The transaction was lost and nothing of it is stored: ${reason}`
        : `The connection was lost during the commit, so it is not known whether it is stored: ${reason}`,
      {
        hint: committed === 'no' ? 'Run the whole unit of work again.' : 'Read what is stored before trying again.',
        cause,
      },
    )
    this.committed = committed
  }
}

/** A transaction, a lock or the turn in one was not had within the deadline. */
export class UnitTimeoutError extends CoreError {
  static {
    nameError(this, 'UnitTimeoutError')
  }

  readonly code = 'CORE_UNIT_TIMEOUT'

  constructor(what: string, milliseconds: number) {
    super(`${what} took longer than ${milliseconds} ms`, {
      hint: 'Something in the same cell holds its transaction: a nested transaction(...) that waits for its parent, or slow work under a lock.',
    })
  }
}

/** The commit is stored, and a callback that ran after it failed. */
export class AfterCommitError extends CoreError {
  static {
    nameError(this, 'AfterCommitError')
  }

  readonly code = 'CORE_AFTER_COMMIT'

  constructor(errors: readonly unknown[]) {
    super(`The transaction is committed, but ${errors.length} of its afterCommit callbacks failed`, {
      hint: 'Handle failures inside the callback; it cannot undo the commit.',
      cause: errors[0],
    })
  }
}
