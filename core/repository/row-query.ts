/** Turns what users pass to reading methods into a `RowQuery`, and refuses conditions of another model. */
import { modelFields, modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import {
  Condition,
  Order,
  type AggregateNode,
  type ConditionNode,
  type FieldPath,
  type OrderNode,
} from '../query/condition.ts'
import { makeFieldReferences, type AnyFieldReference } from '../query/make-field-reference.ts'
import { checkField } from './check-field.ts'
import { QueryError } from './errors.ts'
import type { RowQuery } from './row-store.ts'
import { simplifyCondition } from './simplify-condition.ts'

/** What the typed options are at run time. */
export interface LooseOptions {
  readonly where?: unknown
  readonly orderBy?: unknown
  readonly limit?: number
  readonly offset?: number
  readonly load?: readonly { readonly field: FieldPath }[]
  readonly batchSize?: number
}

const optionNames = new Set(['where', 'orderBy', 'limit', 'offset', 'load', 'batchSize'])

/**
 * Options as they are; anything else is their `where`. Where the model has a field of an option's name (`where`, `limit`),
 * an object with nothing but such names counts as options only if a condition or an order is in it.
 */
export function findOptions(model: AnyModelClass, given: unknown): LooseOptions {
  if (given === undefined || given === null) return {}
  if (given instanceof Condition || typeof given !== 'object') return { where: given }
  const fields = modelFields(model)
  const entries = Object.entries(given)
  const isOptions =
    entries.every(([name]) => optionNames.has(name)) &&
    (entries.length === 0 || entries.some(([name, value]) => !Object.hasOwn(fields, name) || isQueryPart(value)))
  return isOptions ? (given as LooseOptions) : { where: given }
}

function isQueryPart(value: unknown): boolean {
  return value instanceof Condition || value instanceof Order || (Array.isArray(value) && value[0] instanceof Order)
}

export function rowQuery(model: AnyModelClass, options: LooseOptions): RowQuery {
  return {
    where: conditionOf(model, options.where),
    orderBy: ordersOf(model, options.orderBy),
    ...(options.limit !== undefined && { limit: wholeNumber('limit', options.limit) }),
    ...(options.offset !== undefined && { offset: wholeNumber('offset', options.offset) }),
  }
}

/** The condition as data. Throws `QueryError` for one of another model or of a size that no storage answers, `ConditionValueError` for a value no field can have. */
export function conditionOf(model: AnyModelClass, where: unknown): ConditionNode {
  if (where === undefined || where === null) return { kind: 'always', holds: true }
  return simplifyCondition(model, where instanceof Condition ? where.node : equalFields(model, where))
}

function equalFields(model: AnyModelClass, values: unknown): ConditionNode {
  if (typeof values !== 'object' || values === null) {
    throw new QueryError(
      `${modelName(model)}: a condition is made with ${modelName(model)}.fields or as an object of values`,
    )
  }
  const references = makeFieldReferences(model, modelFields(model))
  const parts = Object.entries(values).map(([name, value]) => {
    const reference: AnyFieldReference | undefined = Object.hasOwn(references, name) ? references[name] : undefined
    if (!reference) throw new QueryError(`${modelName(model)} has no field "${name}"`)
    return reference.eq(value).node
  })
  return { kind: 'and', parts }
}

function ordersOf(model: AnyModelClass, orderBy: unknown): readonly OrderNode[] {
  const orders = orderBy === undefined ? [] : Array.isArray(orderBy) ? orderBy : [orderBy]
  return orders.map((order) => {
    if (!(order instanceof Order))
      throw new QueryError(`orderBy takes ${modelName(model)}.fields.<name>.asc() or desc()`)
    checkField(model, order.node.field)
    return order.node
  })
}

/** Throws `QueryError` for an aggregate over a field of another model. */
export function checkedAggregate(model: AnyModelClass, node: AggregateNode): AggregateNode {
  if (node.field) checkField(model, node.field)
  return node
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new QueryError(`${name} must be a whole number from 0, got ${value}`)
}
