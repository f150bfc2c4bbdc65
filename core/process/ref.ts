/** `ref(Model)` as a signal's parameter type: for emitters that cannot lock (webhooks, a row that is being deleted). */
import type { AnyModel, AnyModelClass, ModelClassOf } from '../model/model-type.ts'

declare const entityOf: unique symbol

/** Any `ref(Model)`. */
export interface AnyRefParameter {
  readonly model: AnyModelClass
}

export interface RefParameter<in out Entity> extends AnyRefParameter {
  /** Carries the type; never there at run time. */
  readonly [entityOf]?: (entity: Entity) => Entity
}

/** Lets a signal be emitted with anything that points at the entity, instead of its lock. */
export function ref<Entity extends AnyModel>(model: ModelClassOf<Entity>): RefParameter<Entity> {
  return { model }
}
