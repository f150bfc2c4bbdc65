/** Takes row locks for a repository: the scope that keeps the transaction open, the unit of work, the locked instance. */
import type { AppContext } from '../app/context.ts'
import { requireCell } from '../cell/current-cell.ts'
import { CellClosedError } from '../cell/errors.ts'
import { waitTime } from '../cell/wait-time.ts'
import type { LockPlace } from '../lock/errors.ts'
import { lockPlace } from '../lock/lock-place.ts'
import { makeLocked } from '../model/entity-maker.ts'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { disposeAll } from './dispose-all.ts'
import type { LockOptions } from './query-options.ts'
import { heldEntity, RowHold } from './row-hold.ts'
import type { RowStore } from './row-store.ts'

type LockedObject = object & Disposable & AsyncDisposable

/** Locks rows of one model. */
export class RowLocks {
  readonly #app: AppContext
  readonly #model: AnyModelClass
  readonly #store: RowStore
  readonly #name: string

  constructor(app: AppContext, model: AnyModelClass, store: RowStore) {
    this.#app = app
    this.#model = model
    this.#store = store
    this.#name = modelName(model)
  }

  /** `pointer` gives the identifier, or `null` for nothing to lock; it is awaited after the line of the caller is noted. */
  async lock(
    pointer: string | (() => Promise<string | null>),
    options: LockOptions,
    givenPlace?: () => LockPlace,
  ): Promise<LockedObject | null> {
    const cell = requireCell(`${this.#name}.lock`)
    const place = givenPlace ?? lockPlace(cell.name)
    const timeout = waitTime(`${this.#name}.lock: timeout`, options.timeout ?? cell.patience())
    const identifier = typeof pointer === 'string' ? pointer : await pointer()
    if (identifier === null) return null
    const key = `${this.#name}(${identifier})`
    const scope = cell.openScopeNow() ?? (await cell.openScope())
    try {
      const unit = cell.unitNow(this.#store.provider) ?? (await cell.unit(this.#store.provider))
      const entity = await unit.exclusive(async (begin) => {
        const held = heldEntity(unit, key)
        if (held) {
          held.hold.reuse(held.entity, unit)
          return held.entity
        }
        const { root } = unit
        root.onEnd(() => this.#store.unlock(root))
        const request = { identifier, owner: root, target: key, place, timeout, first: !unit.started }
        const row = await this.#store.lock(request, begin).catch((error: unknown) => {
          if (!root.ended) throw error
          // It has let go of everything already, and this came after it: storages say various things then.
          this.#store.unlock(root)
          throw error instanceof CellClosedError || root.lost ? error : new CellClosedError(cell.name)
        })
        if (!row) return null
        const hold = new RowHold(unit, cell, scope, key, key)
        const made = makeLocked(this.#app, this.#model, row.identifier, row.values, hold)
        hold.keep(made)
        return made
      })
      cell.forgetReads()
      if (!entity || heldEntity(unit, key)?.hold.scope !== scope) await scope.close()
      return entity as LockedObject | null
    } catch (error) {
      await scope.fail()
      throw error
    }
  }

  /** In an order that cannot deadlock with another `lockAll`; the answer is in the order asked for. */
  async lockAll(
    identifiers: readonly string[],
    options: LockOptions,
  ): Promise<readonly (LockedObject | null)[] & Disposable & AsyncDisposable> {
    const locked = new Map<string, LockedObject | null>()
    const cell = requireCell(`${this.#name}.lockAll`)
    const place = lockPlace(cell.name)
    const scope = await cell.openScope()
    try {
      for (const identifier of [...new Set(identifiers)].sort()) {
        locked.set(identifier, await this.lock(identifier, options, place))
      }
    } catch (error) {
      for (const entity of locked.values()) await entity?.[Symbol.asyncDispose]()
      await scope.fail()
      throw error
    }
    await scope.close()
    return disposeAll(
      identifiers.map((identifier) => locked.get(identifier) ?? null),
      [...locked.values()],
    )
  }
}
