/**
 * One unit of work: one transaction on one connection, begun with the first call that needs it. Calls run one at a time,
 * in the order they were made. A nested unit is a savepoint in its parent's transaction and holds the parent's turn as
 * long as it lives, so that work of the parent or of a sibling can never fall between its savepoint and its end.
 */
import { CellClosedError, type TransactionLostError } from './errors.ts'
import type { Savepoint, StorageTransaction, TransactionProvider } from './transaction-provider.ts'
import { Turn } from './turn.ts'

export interface UnitOwner {
  readonly name: string
  /** Milliseconds that a wait may take from now. */
  patience(): number
}

export class UnitOfWork<Transaction extends StorageTransaction = StorageTransaction> {
  readonly provider: TransactionProvider<Transaction>
  readonly parent: UnitOfWork<Transaction> | undefined
  readonly #owner: UnitOwner
  readonly #turn = new Turn()
  #transaction: Transaction | undefined
  #savepoint: Savepoint | undefined
  /** It has its parent's turn. */
  #hasParentTurn = false
  /** The nested unit that has the turn. */
  #child: UnitOfWork<Transaction> | undefined
  #state: 'open' | 'ended' = 'open'
  #lost: TransactionLostError | undefined
  /** Of a root: what it has locked, by name, for whoever locked it. */
  readonly held = new Map<string, object>()
  #onEnd: Array<(committed: boolean) => void> | undefined

  constructor(provider: TransactionProvider<Transaction>, owner: UnitOwner, parent?: UnitOfWork<Transaction>) {
    this.provider = provider
    this.#owner = owner
    this.parent = parent
  }

  /** The unit whose transaction this is: itself, or the outermost parent. Who holds row locks. */
  get root(): UnitOfWork<Transaction> {
    return this.parent ? this.parent.root : this
  }

  /** Name of the cell, for messages. */
  get name(): string {
    return this.#owner.name
  }

  /** True once a connection is held. */
  get started(): boolean {
    return this.root.#transaction !== undefined
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Set when the connection is gone: nothing of this unit will be stored. */
  get lost(): TransactionLostError | undefined {
    return this.root.#lost
  }

  /** The open transaction, when one is open: for joining, not for bypassing `run`. */
  get transaction(): Transaction | undefined {
    return this.#transaction
  }

  /** Milliseconds that a wait may take from now. */
  patience(): number {
    return this.#owner.patience()
  }

  /** Runs `work` in the transaction, after the calls before it. Begins the transaction if need be. */
  run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.#turn.tryTake() ? this.#inTurn(work) : this.#queued(() => this.#inTurn(work))
  }

  /** Keeps other calls of the unit out while `work` runs, which may call the `begin` it is given. */
  exclusive<Result>(work: (begin: () => Promise<Transaction>) => Promise<Result>): Promise<Result> {
    return this.#turn.tryTake() ? this.#exclusively(work) : this.#queued(() => this.#exclusively(work))
  }

  async #queued<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#turn.take(() => `The turn in the transaction of ${this.name}`, this.patience())
    return work()
  }

  async #inTurn<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    try {
      this.#refuseLost()
      return await work(this.#transaction ?? (await this.#begin()))
    } finally {
      this.#turn.giveBack()
    }
  }

  async #exclusively<Result>(work: (begin: () => Promise<Transaction>) => Promise<Result>): Promise<Result> {
    try {
      this.#refuseLost()
      return await work(async () => this.#transaction ?? this.#begin())
    } finally {
      this.#turn.giveBack()
    }
  }

  /** Called by the adapter when the connection is gone. */
  lose(error: TransactionLostError): TransactionLostError {
    this.root.#lost ??= error
    return this.root.#lost
  }

  /** Calls back once when this unit has ended. Locks are free when the root has. */
  onEnd(callback: (committed: boolean) => void): void {
    if (this.#onEnd) this.#onEnd.push(callback)
    else this.#onEnd = [callback]
  }

  /** Runs `last` as the last thing in the transaction and commits; rolls back and rejects when either fails. */
  async commit(last?: (transaction: Transaction) => Promise<void>): Promise<void> {
    let committed = false
    try {
      await this.run(async (transaction) => {
        if (last) await last(transaction)
        if (this.#savepoint) await this.#savepoint.release()
        else await transaction.commit()
        committed = true
        // Before the turn goes on: nobody may talk to a transaction that has ended.
        this.#end(true)
      })
    } finally {
      if (!committed) await this.rollback()
    }
  }

  /** Undoes everything, nested units that are still open too; never rejects. */
  async rollback(): Promise<void> {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    await this.#child?.rollback()
    // A call under way may hold what it is about to get. Where nothing has begun, nothing is to be undone or waited for.
    if (!this.parent) this.#transaction?.interrupt?.()
    const begun = this.#transaction !== undefined || this.#hasParentTurn
    if (begun) await this.#turn.take()
    try {
      if (this.#savepoint) {
        if (!this.lost) await this.#savepoint.rollback()
      } else await this.#transaction?.rollback()
    } catch (error) {
      void error // The transaction that could not go back to its savepoint fails at its own commit.
    }
    this.#end(false)
    if (begun) this.#turn.giveBack()
  }

  async #begin(): Promise<Transaction> {
    this.#refuseEnded()
    if (!this.parent) {
      const begun = await this.provider.begin({ timeout: this.patience(), cell: this.name })
      if (this.ended) await begun.rollback()
      this.#refuseEnded()
      this.#transaction = begun
      return begun
    }
    await this.parent.#turn.take(() => `The turn of ${this.name} in its parent's transaction`, this.patience())
    this.#hasParentTurn = true
    this.parent.#child = this
    try {
      this.#refuseLost()
      this.parent.#refuseEnded()
      const transaction = this.parent.#transaction ?? (await this.parent.#begin())
      this.#savepoint = await transaction.savepoint()
      this.#transaction = transaction
      return transaction
    } catch (error) {
      this.#giveTurnBack()
      throw error
    }
  }

  #giveTurnBack(): void {
    if (!this.parent || !this.#hasParentTurn) return
    this.#hasParentTurn = false
    if (this.parent.#child === this) this.parent.#child = undefined
    this.parent.#turn.giveBack()
  }

  #refuseLost(): void {
    this.#refuseEnded()
    if (this.lost) throw this.lost
  }

  #refuseEnded(): void {
    if (this.#state === 'ended') throw new CellClosedError(this.name)
  }

  #end(committed: boolean): void {
    this.#state = 'ended'
    this.#transaction = undefined
    this.#giveTurnBack()
    const callbacks = this.#onEnd
    this.#onEnd = undefined
    for (const callback of callbacks ?? []) callback(committed)
  }
}
