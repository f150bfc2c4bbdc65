/**
 * Which transaction the calls of one repository join: that of the cell, when it has one, or that of the lock. A cell that
 * shares nothing costs nothing: such calls go to the storage at once and commit by themselves.
 */
import { currentApp, isReachable, type AppContext } from '../app/context.ts'
import { AppStoppedError } from '../app/errors.ts'
import { afterCommit } from '../cell/after-commit.ts'
import { currentCell } from '../cell/current-cell.ts'
import type { Cell } from '../cell/cell.ts'
import type { StorageTransaction, TransactionProvider } from '../cell/transaction-provider.ts'
import type { UnitOfWork } from '../cell/unit-of-work.ts'
import { ForeignAppError } from '../errors.ts'
import { entityName } from '../model/instance.ts'
import { NotLockedError } from './errors.ts'
import { heldEntity, unitOfHold, type RowHold } from './row-hold.ts'

type Work<Result> = (transaction: StorageTransaction | undefined) => Promise<Result>

export class StorageAccess {
  readonly #app: AppContext
  readonly #name: string
  readonly #provider: TransactionProvider

  /** `name` of the model, for messages. */
  constructor(app: AppContext, name: string, provider: TransactionProvider) {
    this.#app = app
    this.#name = name
    this.#provider = provider
  }

  /** Sees what the cell's transaction wrote, but does not begin one. */
  read<Result>(work: Work<Result>): Promise<Result> {
    const cell = this.#sharingCell()
    return cell ? this.#readJoined(cell, work) : work(undefined)
  }

  /** In the cell's transaction when it has one, else by itself. */
  write<Result>(work: Work<Result>): Promise<Result> {
    const cell = this.#sharingCell()
    return cell ? this.#writeJoined(cell, work) : work(undefined)
  }

  /** In the transaction that holds the lock. Rejects or throws `NotLockedError` in a cell that does not share it. */
  writeLocked<Result>(
    hold: RowHold,
    entity: object,
    method: string,
    work: (transaction: StorageTransaction) => Promise<Result>,
  ): Promise<Result> {
    this.checkApp()
    const found = unitOfHold(hold)
    if (found instanceof Promise) return found.then((unit) => this.#writeIn(unit, hold, entity, method, work))
    return this.#writeIn(found, hold, entity, method, work)
  }

  #writeIn<Result>(
    unit: UnitOfWork | undefined,
    hold: RowHold,
    entity: object,
    method: string,
    work: (transaction: StorageTransaction) => Promise<Result>,
  ): Promise<Result> {
    if (unit) return this.#changing(unit.run(work))
    const reason = `it is locked in ${hold.unit.name}, and this is ${currentCell()?.name}`
    throw new NotLockedError(entityName(entity), method, reason)
  }

  /** Calls back once what was just written (under `hold`, if one is given) is committed. Never when it is rolled back. */
  afterCommit(callback: () => void, hold?: RowHold): void {
    const unit = (hold?.unit ?? this.#unit())?.root
    if (!unit || unit.ended) return afterCommit(callback)
    unit.onEnd((committed) => {
      if (committed) callback()
    })
  }

  /** Calls back when what was just written is rolled back. */
  onRollback(undo: () => void): void {
    const cell = currentCell()
    if (cell?.inUnit) cell.onRollback(undo)
  }

  /** What the cell's transaction has locked under an identifier. */
  held(): ((identifier: string) => object | undefined) | undefined {
    const unit = this.#unit()
    return unit?.started ? (identifier) => heldEntity(unit, `${this.#name}(${identifier})`)?.entity : undefined
  }

  async #readJoined<Result>(cell: Cell, work: Work<Result>): Promise<Result> {
    const unit = await cell.joinedUnit(this.#provider)
    if (!unit?.started) return work(undefined)
    return runOrElse(cell, unit, work, () => this.#readJoined(cell, work))
  }

  async #writeJoined<Result>(cell: Cell, work: Work<Result>): Promise<Result> {
    const unit = await cell.joinedUnit(this.#provider)
    if (!unit) return work(undefined)
    return this.#changing(runOrElse(cell, unit, work, () => this.#writeJoined(cell, work)))
  }

  /** What references gave before a write is read again after it. */
  async #changing<Result>(write: Promise<Result>): Promise<Result> {
    try {
      return await write
    } finally {
      currentCell()?.forgetReads()
    }
  }

  #unit(): UnitOfWork | undefined {
    const cell = currentCell()
    return cell?.inUnit ? cell.unitNow(this.#provider) : undefined
  }

  /** The cell of this code, unless it has nothing that a call would have to join or wait for. */
  #sharingCell(): Cell | undefined {
    this.checkApp()
    const cell = currentCell()
    return cell === undefined || cell.idle ? undefined : cell
  }

  /** Throws `AppStoppedError` or `ForeignAppError` where the repository must not be used. */
  checkApp(): void {
    if (this.#app.state === 'stopped') throw new AppStoppedError(`The repository of ${this.#name}`, this.#app.name)
    const app = currentApp()
    if (app !== undefined && app !== this.#app && !isReachable(this.#app, app)) {
      throw new ForeignAppError(`The repository of ${this.#name}`, this.#app.name, app.name)
    }
  }
}

/** Another branch of a boundary cell may end its last lock scope, and with it the unit, before this call has its turn. */
async function runOrElse<Result>(
  cell: Cell,
  unit: UnitOfWork,
  work: Work<Result>,
  again: () => Promise<Result>,
): Promise<Result> {
  let begun = false
  try {
    return await unit.run((transaction) => {
      begun = true
      return work(transaction)
    })
  } catch (error) {
    if (begun || !unit.ended || cell.closed || cell.kind !== 'boundary') throw error
    return again()
  }
}
