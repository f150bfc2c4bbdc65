/**
 * What an instance is besides its fields: which form it has, its key in storage, its app, its lock. Kept in a private member
 * stamped onto the object, so that no copy, spread or hand-made object has it.
 */
import type { AppContext } from '../app/context.ts'
import type { AnyModelClass } from './model-type.ts'

/** A lock as its entity sees it; the repository that locked it implements this. */
export interface LockHold {
  /** Throws when the lock was let go. */
  check(): void
  /** End of `using`: lets go; the commit runs on. May throw, for example when changes were not saved. */
  dispose(entity: object): void
  /** End of `await using`: lets go and waits for the commit. */
  disposeAsync(entity: object): Promise<void>
}

export type FieldValues = Record<string, unknown>

export type EntityState =
  | {
      readonly form: 'transient'
      readonly model: AnyModelClass
      readonly values: FieldValues
      /** The key it was stored under. */
      stored?: string | undefined
    }
  | {
      readonly form: 'persistent'
      readonly model: AnyModelClass
      readonly identifier: string
      readonly app: AppContext
    }
  | {
      readonly form: 'locked'
      readonly model: AnyModelClass
      readonly identifier: string
      readonly app: AppContext
      readonly hold: LockHold
      readonly values: FieldValues
      /** The values as stored: what `changedValues` compares with. */
      saved: Readonly<FieldValues>
    }

/** A class whose constructor gives back the object it is passed: lets a subclass put a private member on it. */
const Given = function given(target: object): object {
  return target
} as unknown as new (target: object) => object

class Stamp extends Given {
  readonly #state: EntityState

  constructor(target: object, state: EntityState) {
    super(target)
    this.#state = state
  }

  static read(target: object): EntityState | undefined {
    return #state in target ? target.#state : undefined
  }
}

export function stampEntity(target: object, state: EntityState): void {
  new Stamp(target, state)
}

/** The state of an instance made by a model or repository; `undefined` for anything else, copies included. */
export function entityState(value: unknown): EntityState | undefined {
  return typeof value === 'object' && value !== null ? Stamp.read(value) : undefined
}
