/**
 * The lock on one entity in one unit of work, as the entity sees it. Locking the same entity again in the unit gives the
 * same instance, counted; the last `using` that ends lets go.
 */
import type { Cell, CellScope } from '../cell/cell.ts'
import type { UnitOfWork } from '../cell/unit-of-work.ts'
import { currentCell } from '../cell/current-cell.ts'
import { copyValue } from '../model/compound-value.ts'
import { entityState, type LockHold } from '../model/entity-state.ts'
import { acceptChanges, changedFields, entityName } from '../model/instance.ts'
import { LockReleasedError, UnsavedChangesError } from './errors.ts'

interface LockedEntity {
  readonly entity: object
  readonly hold: RowHold
}

/** The instance that this unit of work, or one around it, has locked under `key`. */
export function heldEntity(unit: UnitOfWork | undefined, key: string): LockedEntity | undefined {
  const found = unit?.root.held.get(key) as LockedEntity | undefined
  return found && !found.hold.released ? found : undefined
}

export class RowHold implements LockHold {
  readonly unit: UnitOfWork
  readonly #cell: Cell
  readonly #scope: CellScope
  readonly #key: string
  readonly #name: string
  #writes: Set<Promise<unknown>> | undefined
  /** What the entity was when a `transaction` inside the lock was opened. */
  #nested: WeakMap<Cell, { snapshot: Snapshot; written: boolean }> | undefined
  #uses = 1
  #released = false

  constructor(unit: UnitOfWork, cell: Cell, scope: CellScope, key: string, name: string) {
    this.unit = unit
    this.#cell = cell
    this.#scope = scope
    this.#key = key
    this.#name = name
  }

  get released(): boolean {
    return this.#released || this.unit.ended
  }

  /** Makes `entity` what further locks of it in this unit of work give. */
  keep(entity: object): void {
    const { held } = this.unit.root
    held.set(this.#key, { entity, hold: this } satisfies LockedEntity)
    this.#scope.onCellEnd = () => {
      const fields = this.released ? [] : changedFields(entity)
      if (fields.length > 0) throw new UnsavedChangesError(this.#name, fields)
    }
    this.#scope.onNested = (cell) => {
      this.#nested ??= new WeakMap()
      this.#nested.set(cell, { snapshot: snapshotOf(entity), written: false })
    }
  }

  /**
   * Before what is stored of `entity` counts as saved: a `transaction` around the write, inside the lock, that rolls back
   * takes the entity back to what it was when that one was opened.
   */
  written(entity: object): void {
    if (!this.#nested) return
    const around: Cell[] = []
    for (let cell = currentCell(); cell && cell !== this.#cell; cell = cell.parent) around.unshift(cell)
    for (const cell of around) {
      const nested = this.#nested.get(cell)
      if (!nested || nested.written) continue
      nested.written = true
      // A parallel branch has saved it meanwhile: then what that one stored.
      const { snapshot } = nested
      const before = snapshot.isCurrent() ? snapshot : snapshotOf(entity, 'saved')
      cell.onRollback(() => before.restore())
    }
  }

  /** One more `using` of the same instance. In a nested unit, its changes go back if that unit rolls back. */
  reuse(entity: object, unit: UnitOfWork): void {
    this.#uses += 1
    if (unit === this.unit) return
    const before = snapshotOf(entity)
    unit.onEnd((committed) => {
      if (!committed) before.restore()
    })
  }

  check(): void {
    if (this.released) throw new LockReleasedError(this.#name)
  }

  /** The scope that this lock keeps open. */
  get scope(): CellScope {
    return this.#scope
  }

  /** A deleted entity has nothing to save any more. */
  forget(entity: object): void {
    acceptChanges(entity)
  }

  /** Keeps the lock until `write` has ended: `return orders.save(locked)` ends the block before it. */
  during<Result>(write: Promise<Result>): Promise<Result> {
    const writes = (this.#writes ??= new Set())
    writes.add(write)
    const ended = () => void writes.delete(write)
    write.then(ended, ended)
    return write
  }

  dispose(entity: object): void {
    if (this.#writes && this.#writes.size > 0) return this.#cell.defer(this.disposeAsync(entity))
    const unsaved = this.#end(entity)
    if (!this.#released) return
    this.#cell.defer(this.#scope.close())
    if (unsaved) throw unsaved
  }

  async disposeAsync(entity: object): Promise<void> {
    const failure = this.#writes && this.#writes.size > 0 ? await failedOf(this.#writes) : undefined
    const unsaved = this.#end(entity)
    if (this.#released) await this.#scope.close()
    // Nobody else may be there to see it: the block has ended, and its own error would hide behind this one.
    if (failure) throw failure.reason
    if (unsaved) throw unsaved
  }

  #end(entity: object): UnsavedChangesError | undefined {
    if (this.#released) return undefined
    this.#uses -= 1
    if (this.#uses > 0) return undefined
    const lost = this.unit.lost !== undefined || this.unit.ended
    const fields = lost ? [] : changedFields(entity)
    this.#released = true
    this.unit.root.held.delete(this.#key)
    return fields.length > 0 ? new UnsavedChangesError(entityName(entity), fields) : undefined
  }
}

async function failedOf(writes: Iterable<Promise<unknown>>): Promise<PromiseRejectedResult | undefined> {
  const ended = await Promise.allSettled(writes)
  return ended.find((each) => each.status === 'rejected')
}

/** The cell's own unit if it shares the hold's transaction: where writes of the locked entity go. */
export function unitOfHold(hold: RowHold): UnitOfWork | undefined | Promise<UnitOfWork | undefined> {
  const cell = currentCell()
  if (!cell) return hold.unit
  const unit = cell.inUnit ? cell.unitNow(hold.unit.provider) : undefined
  return unit ? ofRoot(unit, hold) : cell.joinedUnit(hold.unit.provider).then((joined) => ofRoot(joined, hold))
}

function ofRoot(unit: UnitOfWork | undefined, hold: RowHold): UnitOfWork | undefined {
  return unit && unit.root === hold.unit.root ? unit : undefined
}

interface Snapshot {
  /** False once something was saved since. */
  isCurrent(): boolean
  restore(): void
}

/** The entity as it is, or as it was last saved. */
function snapshotOf(entity: object, form: 'values' | 'saved' = 'values'): Snapshot {
  const state = entityState(entity)
  if (state?.form !== 'locked') return { isCurrent: () => true, restore: () => {} }
  const { saved } = state
  const values = copyValue({ ...state[form] }) as object
  return {
    isCurrent: () => state.saved === saved,
    restore: () => {
      state.saved = saved
      Object.assign(state.values, values)
    },
  }
}
