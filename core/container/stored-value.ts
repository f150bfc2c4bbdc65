/**
 * How processes store instances of a class that the engine does not know. `.add(createStoredValue({ tag, ... }))`, or as a
 * part of the component whose class it is; every process of the app can then keep such values over a wait.
 */
import type { ValueType } from '@justscale/engine'
import { componentMeta, type Component, type componentFacts } from './component.ts'

interface StoredValueFacts {
  readonly name: string
  readonly requires: never
  readonly late: never
  readonly provides: never
  readonly binds: never
}

export interface StoredValueComponent extends Component {
  readonly [componentFacts]: StoredValueFacts
}

/** The component's kind; its `detail` is the ValueType. */
export const storedValueKind = 'stored value'

/** `tag` is stored beside each value, so it must stay as it is, and two types of one app must not share one. */
export function createStoredValue<Value>(type: ValueType<Value>): StoredValueComponent {
  const component = {
    [componentMeta]: { kind: storedValueKind, name: type.tag, requires: {}, detail: type },
  }
  return component as unknown as StoredValueComponent
}
