/**
 * The object behind `Model.fields.<name>`: turns calls into condition nodes, checking and converting each value by the
 * field's type. A value that the field cannot have (a word outside an enum, text for a number) is refused here.
 */
import type { FieldDefinition, FieldDefinitions, FieldType } from '../model/field-definition.ts'
import { fieldValue, withoutValue } from '../model/field-value.ts'
import { storedValue } from '../model/instance.ts'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import {
  Condition,
  Order,
  type Comparison,
  type ConditionNode,
  type FieldPath,
  type OrderNode,
  type TextPattern,
} from './condition.ts'
import { ConditionValueError } from './errors.ts'

export type AnyFieldReference = FieldReferenceObject & { readonly [nested: string]: unknown }

/** `Model.fields`: one object per model, made at the first use of each field. */
export function makeFieldReferences(
  model: AnyModelClass,
  definitions: FieldDefinitions,
  prefix: readonly string[] = [],
  secret = false,
): Readonly<Record<string, AnyFieldReference>> {
  const references: Record<string, AnyFieldReference> = {}
  for (const [name, definition] of Object.entries(definitions)) {
    references[name] = makeFieldReference(model, definition, [...prefix, name], secret || definition.secret)
  }
  return Object.freeze(references)
}

function makeFieldReference(
  model: AnyModelClass,
  definition: FieldDefinition,
  path: readonly string[],
  secret: boolean,
): AnyFieldReference {
  const [first = '', ...rest] = path
  const reference = new FieldReferenceObject({ model, path: [first, ...rest], type: definition.type }, secret)
  if (definition.type.kind === 'object') {
    const inner = makeFieldReferences(model, definition.type.fields, path, secret)
    for (const [name, value] of Object.entries(inner))
      Object.defineProperty(reference, name, { value, enumerable: true })
  }
  return Object.freeze(reference) as AnyFieldReference
}

class FieldReferenceObject {
  readonly field: FieldPath
  readonly #secret: boolean

  /** `secret`: what it is compared with is not repeated in messages. */
  constructor(field: FieldPath, secret: boolean) {
    this.field = field
    this.#secret = secret
  }

  eq(value: unknown) {
    return this.#compare('eq', value)
  }
  neq(value: unknown) {
    return this.#compare('neq', value)
  }
  gt(value: unknown) {
    return this.#compare('gt', value)
  }
  gte(value: unknown) {
    return this.#compare('gte', value)
  }
  lt(value: unknown) {
    return this.#compare('lt', value)
  }
  lte(value: unknown) {
    return this.#compare('lte', value)
  }
  before(value: unknown) {
    return this.#compare('lt', value)
  }
  after(value: unknown) {
    return this.#compare('gt', value)
  }
  between(low: unknown, high: unknown) {
    return condition({ kind: 'between', field: this.field, low: this.#value(low), high: this.#value(high) })
  }
  in(values: readonly unknown[]) {
    return condition({
      kind: 'in',
      field: this.field,
      values: values.map((value) => this.#value(value)),
      negated: false,
    })
  }
  notIn(values: readonly unknown[]) {
    return condition({
      kind: 'in',
      field: this.field,
      values: values.map((value) => this.#value(value)),
      negated: true,
    })
  }
  like(text: string) {
    return this.#match({ kind: 'like', text }, false)
  }
  ilike(text: string) {
    return this.#match({ kind: 'like', text }, true)
  }
  startsWith(text: string) {
    return this.#match({ kind: 'starts', text }, false)
  }
  endsWith(text: string) {
    return this.#match({ kind: 'ends', text }, false)
  }
  contains(value: unknown) {
    const { kind } = this.field.type
    if (kind === 'array' || kind === 'refs') return this.#elements('all', [value])
    return this.#match({ kind: 'contains', text: value as string }, false)
  }
  hasAny(values: readonly unknown[]) {
    return this.#elements('any', values)
  }
  overlaps(values: readonly unknown[]) {
    return this.#elements('any', values)
  }
  hasAll(values: readonly unknown[]) {
    return this.#elements('all', values)
  }
  has(inner: Condition<unknown>) {
    const { type } = this.field
    if (type.kind !== 'ref' && type.kind !== 'refs')
      throw new ConditionValueError(`${this} is not a reference: it has no has()`)
    return condition({ kind: 'has', field: this.field, target: type.target(), condition: inner.node })
  }
  isNull() {
    return condition({ kind: 'absent', field: this.field, negated: false })
  }
  isNotNull() {
    return condition({ kind: 'absent', field: this.field, negated: true })
  }
  isTrue() {
    return this.#compare('eq', true)
  }
  isFalse() {
    return this.#compare('eq', false)
  }
  asc(nulls?: unknown) {
    return this.#order('asc', nulls)
  }
  desc(nulls?: unknown) {
    return this.#order('desc', nulls)
  }
  toString(): string {
    return `${modelName(this.field.model)}.${this.field.path.join('.')}`
  }

  #compare(operator: Comparison, value: unknown) {
    return condition({ kind: 'compare', field: this.field, operator, value: this.#value(value) })
  }
  #match(pattern: TextPattern, ignoreCase: boolean) {
    const checked = fieldValue({ kind: 'text' }, pattern.text)
    if (!checked.ok) throw this.#refused(checked.failures)
    return condition({ kind: 'match', field: this.field, pattern, ignoreCase })
  }
  /** The word goes into statements as it is, and may have come from a request by a cast. */
  #order(direction: OrderNode['direction'], nulls: unknown = 'last') {
    if (nulls !== 'first' && nulls !== 'last')
      throw new ConditionValueError(`${this}.${direction}(nulls) takes 'first' or 'last'`)
    return new Order<unknown>({ field: this.field, direction, nulls })
  }
  #elements(test: 'any' | 'all', values: readonly unknown[]) {
    const { type } = this.field
    const element: FieldType =
      type.kind === 'array' ? type.element : { kind: 'ref', target: type.kind === 'refs' ? type.target : missingTarget }
    return condition({
      kind: 'elements',
      field: this.field,
      test,
      values: values.map((value) => this.#value(value, element)),
    })
  }
  #value(value: unknown, type: FieldType = this.field.type): unknown {
    if (value === null || value === undefined) {
      throw new ConditionValueError(`${this} is compared with ${value}`, { hint: 'Use isNull() or isNotNull().' })
    }
    const checked = fieldValue(type, value)
    if (checked.ok) return storedValue(checked.value)
    throw this.#refused(checked.failures)
  }
  #refused(failures: readonly { readonly message: string }[]): ConditionValueError {
    const reasons = failures.map(({ message }) => (this.#secret ? withoutValue(message) : message)).join('; ')
    return new ConditionValueError(`${this} is compared with a value that it cannot have: ${reasons}`)
  }
}

function condition(node: ConditionNode): Condition<unknown> {
  return new Condition<unknown>(node)
}

function missingTarget(): never {
  throw new ConditionValueError('Only lists of values and of references have elements')
}
