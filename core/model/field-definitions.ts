/** A model's fields as data, checked when the model is defined. */
import { DefinitionError } from '../errors.ts'
import type { FieldDefinition } from './field-definition.ts'
import { AnyField, type Fields } from './field-type.ts'

/** Names that a field cannot have: they mean something else on every entity. */
export interface ReservedFields {
  readonly id?: ReservedNameError
  readonly then?: ReservedNameError
  readonly toJSON?: ReservedNameError
}

/** What a field of such a name gets instead of its own type. */
export interface ReservedNameError {
  readonly 'a field cannot have this name: keys belong to the adapter': never
}

const reserved = ['id', 'then', 'constructor', 'toJSON', '__proto__', 'prototype']

/** The definitions of a model's fields. Throws `DefinitionError`. */
export function fieldDefinitions(model: string, fields: Fields): Readonly<Record<string, FieldDefinition>> {
  const entries = Object.entries(fields).map(([name, field]): [string, FieldDefinition] => {
    if (reserved.includes(name)) {
      throw new DefinitionError(`${model}: a field cannot be called "${name}"`, {
        hint: 'Keys and system columns belong to the adapter; choose a name of your domain.',
      })
    }
    refuseName(model, name)
    if (!(field instanceof AnyField))
      throw new DefinitionError(`${model}.${name} is not a field: write field.string() or the like`)
    const { type } = field.definition
    if (type.kind === 'decimal' && type.as === 'number' && type.precision > 15) {
      throw new DefinitionError(
        `${model}.${name}: a decimal of ${type.precision} digits does not fit a number exactly`,
        {
          hint: `Write field.decimal(${type.precision}, ${type.scale}).asString().`,
        },
      )
    }
    return [name, field.definition]
  })
  return Object.freeze(Object.fromEntries(entries))
}

/** Names are written into statements and messages of every storage. */
export function refuseName(owner: string, name: string): void {
  if (name !== '' && !name.includes('\0') && name.isWellFormed()) return
  throw new DefinitionError(`${owner}: a field cannot be called ${JSON.stringify(name)}`)
}
