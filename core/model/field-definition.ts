/**
 * What a field is, as data: adapters, validation, conditions and schema planners interpret these closed unions; only the
 * builders in `field.ts` make them. References name their model by a thunk, so that models may refer to each other.
 */
import type { AnyModelClass } from './model-type.ts'

export type FieldType =
  | {
      readonly kind: 'string'
      readonly min?: number
      readonly max?: number
      readonly fixed?: number
      readonly pattern?: RegExp
    }
  | { readonly kind: 'text' }
  | { readonly kind: 'int' }
  | { readonly kind: 'smallint' }
  | { readonly kind: 'bigint' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number; readonly as: 'number' | 'string' }
  | { readonly kind: 'float' }
  | { readonly kind: 'double' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'duration' }
  | { readonly kind: 'json'; readonly schema?: JsonSchema }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'array'; readonly element: FieldType }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'object'; readonly fields: FieldDefinitions }
  | { readonly kind: 'ref'; readonly target: () => AnyModelClass }
  | { readonly kind: 'refs'; readonly target: () => AnyModelClass }

export type FieldKind = FieldType['kind']

/** A synchronous check of a json value: any Standard Schema wrapped by `field.json`. Gives the failures' texts. */
export interface JsonSchema {
  check(value: unknown): { readonly value: unknown } | { readonly failures: readonly string[] }
}

/** What an absent value becomes when an entity is made. */
export type FieldDefault =
  { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'factory'; readonly make: () => unknown }

export interface FieldDefinition {
  readonly type: FieldType
  /** May be `undefined` on the entity (null in storage). */
  readonly optional: boolean
  readonly default?: FieldDefault
  readonly unique: boolean
  readonly index: boolean
  readonly primaryKey: boolean
  /** The value that rows stored before the field existed get when it is added. */
  readonly backfill?: { readonly value: unknown }
  /** The field's previous name: a migration renames instead of dropping and adding. */
  readonly renamedFrom?: string
  /** Printed as `[secret]` in logs and messages. */
  readonly secret: boolean
}

export type FieldDefinitions = Readonly<Record<string, FieldDefinition>>
