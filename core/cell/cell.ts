/**
 * A cell: the part of the async context that shares one unit of work. Boundaries open one (a request, a message, a
 * command, a process step); everything called from there finds it with `currentCell()`, from whatever function.
 *
 * In a `boundary` cell the transaction begins with the first lock and commits when the last open lock scope ends; a write
 * outside of any scope is a scope of its own. A `step` or `transaction` cell is itself the outermost scope: nothing
 * commits before it closes. A `transaction` cell inside an open transaction is a savepoint in it.
 */
import type { JoinableTransaction } from '@justscale/engine'
import type { CallIdentity } from './call-identity.ts'
import { enterCell } from './current-cell.ts'
import { AfterCommitError, CellClosedError } from './errors.ts'
import type { StorageTransaction, TransactionProvider } from './transaction-provider.ts'
import { UnitOfWork, type UnitOwner } from './unit-of-work.ts'
import { waitTime } from './wait-time.ts'

/** Milliseconds a cell waits for a connection, a lock or a turn, unless it says otherwise. */
export const DEFAULT_PATIENCE = 5_000

export type CellKind = 'boundary' | 'step' | 'transaction'

export interface CellOptions {
  /** For messages: `GET /orders`, `step payments.charge of /order/0192.../fulfillment`. */
  readonly name: string
  /** Milliseconds that waiting for a connection or a lock may take (default 5,000). */
  readonly patience?: number
  /** Aborted when whoever asked for the work is gone. */
  readonly signal?: AbortSignal
  /** The cell that asked for this one as a part of its own work, whatever transaction each has. */
  readonly within?: Cell | undefined
  /** Who asked for the work. `runInCell` takes it from the cell around it where none is given. */
  readonly caller?: CallIdentity
}

/** Runs right before COMMIT, in the transaction, or with `undefined` when the cell ends without having opened one. */
export type BeforeCommit = (transaction: JoinableTransaction | undefined) => Promise<void> | void

/** One lock, or one write of several statements, that keeps the transaction of a boundary cell open. */
export interface CellScope {
  /** Ends the scope; when it was the cell's last one, commits. Rejects when the commit failed. */
  close(): Promise<unknown>
  /** Ends the scope; when it was the cell's last one, rolls back. Never rejects. */
  fail(): Promise<unknown>
  /** Called when the cell ends before the scope did; what it throws rolls the cell back. */
  onCellEnd?: () => void
  /** Called with each `transaction` cell that is opened inside while the scope is open. */
  onNested?: (cell: Cell) => void
}

export class Cell implements UnitOwner {
  readonly kind: CellKind
  readonly name: string
  readonly caller: CallIdentity | undefined
  readonly parent: Cell | undefined
  readonly #options: CellOptions
  readonly #patience: number
  readonly #units = new Map<TransactionProvider, UnitOfWork>()
  readonly #scopes = new Set<CellScope>()
  #before: BeforeCommit[] = []
  #after: Array<() => unknown> = []
  #undo: Array<() => void> = []
  #atEnd: Array<() => Promise<void>> | undefined
  #reads: object | undefined
  #ending: Promise<unknown> | undefined
  #failure: { readonly error: unknown } | undefined
  #closed = false

  /** `parent` only for a cell whose work is part of the parent's transaction. */
  constructor(kind: CellKind, options: CellOptions, parent?: Cell) {
    this.kind = kind
    this.name = options.name
    this.#options = options
    this.caller = options.caller ?? parent?.caller
    this.#patience = waitTime('patience', options.patience ?? parent?.patience() ?? DEFAULT_PATIENCE)
    this.parent = parent
    for (let around = parent; around; around = around.parent) {
      for (const scope of around.#scopes) scope.onNested?.(this)
    }
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Aborted when whoever asked for the work is gone. Read late: a boundary may make it only once it is asked for. */
  get signal(): AbortSignal | undefined {
    return this.#options.signal ?? this.parent?.signal
  }

  /** The request, message, command or step that this cell is a part of: itself, unless it is inside another. */
  get outermost(): Cell {
    const outer = this.#options.within ?? this.parent
    return outer === undefined ? this : outer.outermost
  }

  patience(): number {
    return this.#patience
  }

  /** True when work in this cell shares a transaction: a write then joins it instead of committing by itself. */
  get inUnit(): boolean {
    return this.kind !== 'boundary' || this.#scopes.size > 0
  }

  /**
   * Stands for what this unit of work has read so far: another object after each lock, write and end. `undefined` where
   * nothing is shared, and every read gives what the storage holds now.
   */
  get reads(): object | undefined {
    return this.inUnit && !this.#closed ? (this.#reads ??= {}) : undefined
  }

  /** What was read may be something else now, for those around too. */
  forgetReads(): void {
    this.#reads = undefined
    this.parent?.forgetReads()
  }

  /** True when there is nothing that a call would have to join, wait for or be told about. */
  get idle(): boolean {
    return !this.inUnit && this.#ending === undefined && this.#failure === undefined && !this.#closed
  }

  /** As `unit`, at once; `undefined` when something has to be waited for, or the cell has ended. */
  unitNow<Transaction extends StorageTransaction>(
    provider: TransactionProvider<Transaction>,
  ): UnitOfWork<Transaction> | undefined {
    if (this.#ending || this.#failure || this.#closed) return undefined
    const existing = this.#units.get(provider)
    // A map cannot say that its values' type parameter follows from the key's.
    if (existing) return existing as UnitOfWork<Transaction>
    const parentUnit = this.parent?.unitNow(provider)
    return this.parent && !parentUnit ? undefined : this.#makeUnit(provider, parentUnit)
  }

  /**
   * The unit of work on `provider`, without beginning anything yet. Waits for a commit in progress and rejects with its
   * failure. Only within a scope, or in a cell that is one.
   */
  async unit<Transaction extends StorageTransaction>(
    provider: TransactionProvider<Transaction>,
  ): Promise<UnitOfWork<Transaction>> {
    if (this.#ending || this.#failure) await this.settle()
    if (this.#closed) throw new CellClosedError(this.name)
    const existing = this.#units.get(provider)
    if (existing) return existing as UnitOfWork<Transaction>
    const parentUnit = this.parent && (await this.parent.unit(provider))
    // Others may have asked meanwhile: a second unit would be a transaction that nobody ends.
    const made = this.#units.get(provider)
    return made ? (made as UnitOfWork<Transaction>) : this.#makeUnit(provider, parentUnit)
  }

  /** The unit on `provider` when work in this cell shares a transaction, else `undefined`: run in autocommit. */
  async joinedUnit<Transaction extends StorageTransaction>(
    provider: TransactionProvider<Transaction>,
  ): Promise<UnitOfWork<Transaction> | undefined> {
    if (this.#ending || this.#failure) await this.settle()
    if (this.#closed) throw new CellClosedError(this.name)
    return this.inUnit ? this.unit(provider) : undefined
  }

  /** Opens a scope: the transaction of a boundary cell stays open until the last one ends. */
  async openScope(): Promise<CellScope> {
    if (this.#ending || this.#failure) await this.settle()
    if (this.#closed) throw new CellClosedError(this.name)
    return this.#newScope()
  }

  /** As `openScope`, at once; `undefined` when something has to be waited for, or the cell has ended. */
  openScopeNow(): CellScope | undefined {
    return this.#ending || this.#failure || this.#closed ? undefined : this.#newScope()
  }

  #newScope(): CellScope {
    const scope: CellScope = {
      close: () => this.#endScope(scope, () => this.#commit()),
      fail: () => this.#endScope(scope, () => this.#rollback()),
    }
    this.#scopes.add(scope)
    return scope
  }

  /**
   * Runs `write` in the open transaction that `accepts` says yes to, and answers its result; `undefined` when none is
   * open. For signals and process starts, which commit with the cell's other work.
   */
  async join<Result>(
    accepts: (transaction: JoinableTransaction) => boolean,
    write: (transaction: JoinableTransaction) => Promise<Result>,
  ): Promise<{ readonly result: Result } | undefined> {
    await this.settle()
    const provider = this.#openProvider(accepts)
    // Inside a nested `transaction` that has written nothing yet, this is its first write: undone with it.
    const unit = provider && (await this.unit(provider))
    return unit && { result: await unit.run((open) => write(open.joinable)) }
  }

  /** Where this cell, or one around it, has a transaction open that `accepts` says yes to. */
  #openProvider(accepts: (transaction: JoinableTransaction) => boolean): TransactionProvider | undefined {
    for (const [provider, { transaction }] of this.#units) {
      if (transaction && accepts(transaction.joinable)) return provider
    }
    return this.parent === undefined ? undefined : this.parent.#openProvider(accepts)
  }

  /** Runs `write` right before the commit; at once where nothing is open. Dropped when the cell rolls back. */
  async beforeCommit(write: BeforeCommit): Promise<void> {
    await this.settle()
    if (this.inUnit) this.#before.push(write)
    else await write(undefined)
  }

  /** Runs `callback` after the commit, in order; at once where nothing is open. Dropped when the cell rolls back. */
  afterCommit(callback: () => unknown): void {
    if (this.inUnit || this.#ending) this.#after.push(callback)
    else void Promise.try(callback).catch((error) => this.#fail(new AfterCommitError([error])))
  }

  /** Runs `callback` when the cell has ended, committed or not; the last one registered first. It must not reject. */
  onEnd(callback: () => Promise<void>): void {
    if (this.#closed) return void callback()
    this.#atEnd ??= []
    this.#atEnd.push(callback)
  }

  /** Calls `undo` when this cell rolls back, or a cell that it is part of does. For what is kept outside of transactions. */
  onRollback(undo: () => void): void {
    this.#undo.push(undo)
  }

  /** Lets a commit go on without being awaited; the next `settle` waits for it and throws its failure. */
  defer(commit: Promise<unknown>): void {
    const ending = commit
      .catch((error) => this.#fail(error))
      .finally(() => {
        if (this.#ending === ending) this.#ending = undefined
      })
    this.#ending = ending
  }

  /** Waits for commits in progress and throws what failed, once. Every answer that leaves a cell waits for it. */
  async settle(): Promise<void> {
    while (this.#ending) await this.#ending
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure.error
  }

  /**
   * Ends the cell: what is open commits. `last` is written into the transaction that `accepts` says yes to, as the last
   * thing before its COMMIT. Answers whether it was.
   */
  async close(last?: {
    accepts(transaction: JoinableTransaction): boolean
    write(transaction: JoinableTransaction): Promise<void>
  }): Promise<'joined' | 'detached'> {
    try {
      await this.settle()
      for (const scope of this.#scopes) scope.onCellEnd?.()
      const answer = await this.#commit(last)
      await this.settle()
      return answer
    } finally {
      await this.abort()
    }
  }

  /** Ends the cell: what is open rolls back. Never rejects. */
  async abort(): Promise<void> {
    this.#closed = true
    while (this.#ending) await this.#ending
    await this.#rollback()
    for (let end = this.#atEnd?.pop(); end; end = this.#atEnd?.pop()) await end()
  }

  /** Ends a cell in which nothing is open and nothing waits; false when there is something, and `close` or `abort` must. */
  endIfIdle(): boolean {
    if (this.#ending || this.#failure || this.#units.size > 0 || this.#scopes.size > 0) return false
    if (this.#before.length > 0 || this.#after.length > 0 || this.#undo.length > 0 || this.#atEnd) return false
    this.#closed = true
    return true
  }

  #makeUnit<Transaction extends StorageTransaction>(
    provider: TransactionProvider<Transaction>,
    parent: UnitOfWork<Transaction> | undefined,
  ): UnitOfWork<Transaction> {
    const unit = new UnitOfWork(provider, this, parent)
    this.#units.set(provider, unit as unknown as UnitOfWork)
    return unit
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
  }

  #endScope(scope: CellScope, end: () => Promise<unknown>): Promise<unknown> {
    if (!this.#scopes.delete(scope) || this.inUnit || this.#closed) return Promise.resolve()
    const ended = end()
    // Others wait for it without seeing its failure, which belongs to whoever ends the scope.
    const finished = () => {
      if (this.#ending === ending) this.#ending = undefined
    }
    const ending = ended.then(finished, finished)
    this.#ending = ending
    return ended
  }

  async #commit(last?: {
    accepts(transaction: JoinableTransaction): boolean
    write(transaction: JoinableTransaction): Promise<void>
  }): Promise<'joined' | 'detached'> {
    let joined = false
    try {
      if (this.#before.length > 0) await this.#runBefore()
      const writeLast =
        last &&
        (async (transaction: StorageTransaction) => {
          if (joined || !last.accepts(transaction.joinable)) return
          await last.write(transaction.joinable)
          joined = true
        })
      for (const unit of [...this.#units.values()]) {
        // One that has ended already was rolled back with the cell around it: its commit says so.
        if (unit.transaction || unit.lost || unit.ended) await unit.commit(writeLast)
      }
    } catch (error) {
      await this.#rollback()
      throw error
    }
    this.#units.clear()
    this.#reads = undefined
    for (const undo of this.#undo.splice(0)) this.parent?.onRollback(undo)
    if (this.#after.length > 0) await this.#runAfter()
    return joined ? 'joined' : 'detached'
  }

  async #runBefore(): Promise<void> {
    for (let write = this.#before.shift(); write; write = this.#before.shift()) {
      if (this.parent) {
        await this.parent.beforeCommit(write)
        continue
      }
      const run = write
      const unit = [...this.#units.values()].find((candidate) => candidate.transaction)
      if (unit) await unit.run(async (transaction) => run(transaction.joinable))
      else await run(undefined)
    }
  }

  async #runAfter(): Promise<void> {
    const callbacks = this.#after
    this.#after = []
    const errors: unknown[] = []
    for (const callback of callbacks) {
      if (this.parent) this.parent.afterCommit(callback)
      else await this.#runApart(callback).catch((error) => errors.push(error))
    }
    if (errors.length > 0) throw new AfterCommitError(errors)
  }

  /** In a cell of its own: this one has ended, or waits for the callback. */
  async #runApart(callback: () => unknown): Promise<void> {
    const cell = new Cell('boundary', {
      name: `afterCommit of ${this.name}`,
      patience: this.#patience,
      ...(this.caller && { caller: this.caller }),
    })
    try {
      await enterCell(cell, callback)
      await cell.close()
    } finally {
      await cell.abort()
    }
  }

  async #rollback(): Promise<void> {
    this.#before = []
    this.#after = []
    this.forgetReads()
    for (const undo of this.#undo.splice(0).toReversed()) undo()
    const units = [...this.#units.values()]
    this.#units.clear()
    for (const unit of units) await unit.rollback()
  }
}
