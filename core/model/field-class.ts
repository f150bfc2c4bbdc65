/** The classes behind `field`: a definition (data) plus modifiers. Which modifiers exist depends on the kind of field. */
import { DefinitionError } from '../errors.ts'
import type { FieldDefinition, FieldType } from './field-definition.ts'
import { AnyField, type fieldFacts, type FieldFacts, type RefFacts, type RefsFacts } from './field-type.ts'

export function plainDefinition(type: FieldType): FieldDefinition {
  return { type, optional: false, unique: false, index: false, primaryKey: false, secret: false }
}

function withDefault(definition: FieldDefinition, value: unknown): FieldDefinition {
  const made =
    typeof value === 'function'
      ? { kind: 'factory' as const, make: value as () => unknown }
      : { kind: 'value' as const, value }
  return { ...definition, default: made }
}

/** Modifiers that give the same field with another definition. */
abstract class Modifiable extends AnyField {
  readonly definition: FieldDefinition

  constructor(definition: FieldDefinition) {
    super()
    this.definition = definition
  }

  /** No two entities may have the same value; a second one is refused with `UniqueViolationError`. */
  unique(): this {
    return this.with({ unique: true })
  }

  /** Kept in an index by stores that have them. */
  index(): this {
    return this.with({ index: true })
  }

  /** Renames the column instead of dropping and adding one: the previous name of this field. */
  renamedFrom(name: string): this {
    return this.with({ renamedFrom: name })
  }

  /** Printed as `[secret]` in logs and messages. */
  secret(): this {
    return this.with({ secret: true })
  }

  protected with(change: Partial<FieldDefinition>): this {
    const Class = this.constructor as new (definition: FieldDefinition) => this
    return new Class({ ...this.definition, ...change })
  }

  protected typed(change: Partial<FieldType>): this {
    return this.with({ type: { ...this.definition.type, ...change } as FieldType })
  }
}

export class Field<Read, Input, Optional extends boolean, Kind> extends Modifiable {
  declare readonly [fieldFacts]: FieldFacts<Read, Input, Optional, Kind>

  /** May be absent: `undefined` on the entity. */
  optional(): Field<Read | undefined, Input | undefined, true, Kind> {
    return new Field({ ...this.definition, optional: true })
  }

  /** What an absent value becomes; a function is called for each new entity. */
  default(value: Input | (() => Input)): Field<Read, Input, true, Kind> {
    return new Field(withDefault(this.definition, value))
  }

  /** Part of the entity's own key: unique and required. The adapter's key stays hidden all the same. */
  primaryKey(): this {
    return this.with({ primaryKey: true, unique: true, index: true })
  }

  /** The value that entities stored before this field existed get when it is added. */
  backfill(value: Input): this {
    return this.with({ backfill: { value } })
  }
}

export class StringField<Read, Optional extends boolean> extends Field<Read, Read, Optional, 'string'> {
  /** Most characters allowed. */
  max(length: number): this {
    return this.typed({ max: wholeLength('max', length) })
  }

  /** Fewest characters allowed. */
  min(length: number): this {
    return this.typed({ min: wholeLength('min', length) })
  }

  /** Exactly this many characters. */
  fixed(length: number): this {
    return this.typed({ fixed: wholeLength('fixed', length), max: length })
  }

  /** The whole text must match. */
  pattern(pattern: RegExp): this {
    return this.typed({ pattern: new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[gy]/g, '')) })
  }

  override optional(): StringField<Read | undefined, true> {
    return new StringField({ ...this.definition, optional: true })
  }

  override default(value: Read | (() => Read)): StringField<Read, true> {
    return new StringField(withDefault(this.definition, value))
  }
}

export class DecimalField<Read, Input, Optional extends boolean> extends Field<Read, Input, Optional, 'decimal'> {
  /** Read as text, exact at any precision. */
  asString(): DecimalField<string | Extract<Read, undefined>, Input | string, Optional> {
    return new DecimalField({ ...this.definition, type: { ...this.definition.type, as: 'string' } as FieldType })
  }

  override optional(): DecimalField<Read | undefined, Input | undefined, true> {
    return new DecimalField({ ...this.definition, optional: true })
  }

  override default(value: Input | (() => Input)): DecimalField<Read, Input, true> {
    return new DecimalField(withDefault(this.definition, value))
  }
}

export class ArrayField<Element, ElementInput, Optional extends boolean> extends Field<
  Element[],
  readonly ElementInput[],
  Optional,
  'array'
> {}

export class RefField<Link, None = never, Optional extends boolean = false> extends Modifiable {
  declare readonly [fieldFacts]: RefFacts<Link, None, Optional>

  /** May be absent: `undefined` on the entity. */
  optional(): RefField<Link, undefined, true> {
    return new RefField({ ...this.definition, optional: true })
  }
}

export class RefsField<Link, Optional extends boolean = false> extends Modifiable {
  declare readonly [fieldFacts]: RefsFacts<Link, Optional>

  /** May be left out when the entity is made: then there are none. */
  optional(): RefsField<Link, true> {
    return new RefsField({ ...this.definition, default: { kind: 'factory', make: () => [] } })
  }
}

function wholeLength(modifier: string, length: number): number {
  if (Number.isInteger(length) && length >= 0) return length
  throw new DefinitionError(`field.string().${modifier}(${length}): the length must be a whole number`)
}
