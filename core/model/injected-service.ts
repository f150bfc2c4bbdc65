/** Services that a model injects, as properties of its prototype. */
import { requireApp } from '../app/context.ts'
import { modelName } from './model-metadata.ts'
import type { AnyModelClass } from './model-type.ts'

/** On the class itself an injected service is found through the current app; an app's own prototype has it as a value. */
export function defineInjected(prototype: object, name: string): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      const model = this.constructor as AnyModelClass
      const service = requireApp(`${modelName(model)}.${name}`).prototypeOf(model)
      return Reflect.get(service, name) as unknown
    },
  })
}
