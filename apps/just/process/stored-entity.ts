/**
 * References and entities as a command sees them that knows no app: by the name of their model and their identifier. They are
 * stored again as they were read.
 */
import { inspect } from 'node:util'
import type { ValueType } from '@justscale/engine'

/** Prints as the app does: `Campaign(0192...)`. */
export class StoredEntity {
  readonly model: string
  readonly identifier: string
  readonly #stored: unknown

  constructor(model: string, identifier: string, stored: unknown) {
    this.model = model
    this.identifier = identifier
    this.#stored = stored
  }

  static stored(entity: StoredEntity): unknown {
    return entity.#stored
  }

  toString(): string {
    return `${this.model}(${this.identifier})`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** A reference: the only one of these that a signal can be given. */
export class StoredReference extends StoredEntity {}

const reference: ValueType<StoredReference> = {
  tag: 'ref',
  matches: (value): value is StoredReference => value instanceof StoredReference,
  encode: (value) => StoredEntity.stored(value),
  decode: (stored) => {
    const [model, identifier] = stored as readonly [string, string]
    return new StoredReference(model, identifier, stored)
  },
}

const entity: ValueType<StoredEntity> = {
  tag: 'entity',
  matches: (value): value is StoredEntity => value instanceof StoredEntity,
  encode: (value) => StoredEntity.stored(value),
  decode: (stored) => {
    const { model, identifier } = stored as { readonly model: string; readonly identifier: string }
    return new StoredEntity(model, identifier, stored)
  },
}

const references: ValueType<unknown[]> = {
  tag: 'refs',
  matches: (_value): _value is unknown[] => false,
  encode: (value) => value,
  decode: (stored) => (stored as readonly [string, string][]).map((one) => new StoredReference(one[0], one[1], one)),
}

export const storedEntityTypes: readonly ValueType[] = [
  reference as ValueType,
  entity as ValueType,
  references as ValueType,
]

/** As the app routes it: a reference by its identifier. */
export function routingText(value: unknown): string {
  return value instanceof StoredReference ? value.identifier : String(value)
}
