/** The form of an entity at run time. Copies, spreads and hand-made objects have none. */
import { entityState } from '../model/entity-state.ts'
import type { AnyModel } from '../model/model-type.ts'
import type { Locked, Persistent } from './state.ts'

/** A new entity, not stored. */
export function isTransient(value: unknown): value is AnyModel {
  return entityState(value)?.form === 'transient'
}

/** A stored entity, locked or not. */
export function isPersistent(value: unknown): value is Persistent<AnyModel> {
  const form = entityState(value)?.form
  return form === 'persistent' || form === 'locked'
}

/** A locked entity; true even when the lock has been let go meanwhile. */
export function isLocked(value: unknown): value is Locked<AnyModel> {
  return entityState(value)?.form === 'locked'
}
