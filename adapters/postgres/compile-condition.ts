/**
 * Conditions and orders as SQL. Values are only ever parameters; names come from models and are quoted. Every test is
 * written so that an absent value gives what the condition node says, also under `not`.
 */
import type { AnyModelClass, ConditionNode, FieldPath, FieldType, OrderNode } from '@justscale/core'
import type { Row } from '@justscale/core/repository'
import { sqlArray, type SqlValue } from '@justscale/engine/sql'
import { castType, encodeValue, hexText } from './column.ts'
import { quoteName, quoteText } from './identifier.ts'
import type { PgModel } from './pg-model.ts'

/** The tables that conditions may walk into. */
export type TableOf = (model: AnyModelClass) => PgModel

/** Collects parameters while SQL is written. */
export class SqlWriter {
  readonly parameters: SqlValue[] = []
  readonly tableOf: TableOf
  #aliases = 0

  constructor(tableOf: TableOf) {
    this.tableOf = tableOf
  }

  parameter(value: SqlValue, type: string): string {
    return `$${this.parameters.push(value)}::${type}`
  }

  value(type: FieldType, value: unknown): string {
    return this.parameter(encodeValue(type, value), castType(type))
  }

  alias(): string {
    return `t${(this.#aliases += 1)}`
  }
}

/** A boolean expression over the table aliased `alias`. */
export function compileCondition(node: ConditionNode, table: PgModel, alias: string, writer: SqlWriter): string {
  switch (node.kind) {
    case 'always':
      return node.holds ? 'true' : 'false'
    case 'and':
    case 'or': {
      if (node.parts.length === 0) return node.kind === 'and' ? 'true' : 'false'
      const parts = node.parts.map((part) => compileCondition(part, table, alias, writer))
      return `(${parts.join(node.kind === 'and' ? ' and ' : ' or ')})`
    }
    case 'not':
      return `(${compileCondition(node.part, table, alias, writer)} is not true)`
    case 'absent':
      return `(${fieldExpression(node.field, table, alias)} is ${node.negated ? 'not null' : 'null'})`
    case 'has':
      return compileHas(node, table, alias, writer)
    default:
      return compileTest(node, fieldExpression(node.field, table, alias), writer)
  }
}

/** `order by` keys; the identifier makes the order total. */
export function compileOrder(orders: readonly OrderNode[], table: PgModel, alias: string): string {
  const keys = orders.map(({ field, direction, nulls }) => {
    return `${orderExpression(field, table, alias)} ${direction} nulls ${nulls}`
  })
  return [...keys, `${alias}.id asc`].join(', ')
}

/** What comes after `row` in that order. */
export function compileAfter(
  orders: readonly OrderNode[],
  row: Row,
  table: PgModel,
  alias: string,
  writer: SqlWriter,
): string {
  const alternatives: string[] = []
  const equal: string[] = []
  for (const order of orders) {
    const expression = orderExpression(order.field, table, alias)
    const value = orderValue(order.field, valueOf(row, order.field), writer)
    alternatives.push([...equal, afterKey(expression, value, order)].join(' and '))
    equal.push(value === null ? `${expression} is null` : `${expression} = ${value}`)
  }
  alternatives.push([...equal, `${alias}.id > ${writer.parameter(row.identifier, 'uuid')}`].join(' and '))
  return `(${alternatives.map((each) => `(${each})`).join(' or ')})`
}

/** The column, or the place inside it, that a path names. */
export function fieldExpression(field: FieldPath, table: PgModel, alias: string): string {
  const [first, ...rest] = field.path
  const column = `${alias}.${quoteName(table.column(first).name)}`
  const last = rest.pop()
  if (last === undefined) return column
  const inside = rest.map((name) => ` -> ${quoteText(name)}`).join('')
  const cast = castType(field.type)
  if (cast === 'jsonb') return `(${column}${inside} -> ${quoteText(last)})`
  const text = `(${column}${inside} ->> ${quoteText(last)})`
  if (cast === 'text') return `(${text} collate "C")`
  if (field.type.kind === 'bytes') return `decode(${text}, 'base64')`
  return `${text}::${cast}`
}

type TestNode = Extract<ConditionNode, { readonly kind: 'compare' | 'between' | 'in' | 'match' | 'elements' }>

const OPERATORS = { eq: '=', neq: 'is distinct from', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

function compileTest(node: TestNode, expression: string, writer: SqlWriter): string {
  const { type } = node.field
  switch (node.kind) {
    case 'compare': {
      const left = isOrdering(node.operator) ? comparable(type, expression) : expression
      const right = writer.value(type, node.value)
      return `(${left} ${OPERATORS[node.operator]} ${isOrdering(node.operator) ? comparable(type, right) : right})`
    }
    case 'between': {
      const low = comparable(type, writer.value(type, node.low))
      return `(${comparable(type, expression)} between ${low} and ${comparable(type, writer.value(type, node.high))})`
    }
    case 'in':
      return compileIn(node, expression, writer)
    case 'match':
      return compileMatch(node, type.kind === 'uuid' ? `(${expression}::text collate "C")` : expression, writer)
    case 'elements':
      return compileElements(node, expression, writer)
  }
}

function isOrdering(operator: string): boolean {
  return operator !== 'eq' && operator !== 'neq'
}

function comparable(type: FieldType, expression: string): string {
  return type.kind === 'uuid' ? `(${expression}::text collate "C")` : expression
}

function compileIn(node: Extract<ConditionNode, { kind: 'in' }>, expression: string, writer: SqlWriter): string {
  const { type } = node.field
  if (node.values.length === 0) return node.negated ? 'true' : 'false'
  const values = sqlArray(node.values.map((value) => arrayElement(type, value)))
  const list = `(${expression} = any(${writer.parameter(values, `${castType(type)}[]`)}))`
  return node.negated ? `(${list} is not true)` : list
}

function arrayElement(type: FieldType, value: unknown): string {
  const encoded = encodeValue(type, value)
  return encoded instanceof Uint8Array ? hexText(encoded) : String(encoded)
}

function compileMatch(node: Extract<ConditionNode, { kind: 'match' }>, expression: string, writer: SqlWriter): string {
  const { kind, text } = node.pattern
  if (kind === 'like') {
    const pattern = writer.parameter(closedPattern(text), 'text')
    // The pattern's case is folded by the same rules as the value's: those of Unicode, whatever the database's locale.
    return node.ignoreCase
      ? `(lower(${expression} collate "und-x-icu") like lower(${pattern} collate "und-x-icu"))`
      : `(${expression} like ${pattern})`
  }
  const wanted = writer.parameter(text, 'text')
  if (kind === 'starts') return `starts_with(${expression}, ${wanted})`
  if (kind === 'contains') return `(strpos(${expression}, ${wanted}) > 0)`
  return `(right(${expression}, length(${wanted})) = ${wanted})`
}

/** A backslash at the very end stands for itself. */
function closedPattern(text: string): string {
  const trailing = /\\*$/.exec(text)?.[0].length ?? 0
  return trailing % 2 === 1 ? `${text}\\` : text
}

function compileElements(
  node: Extract<ConditionNode, { kind: 'elements' }>,
  expression: string,
  writer: SqlWriter,
): string {
  const { type } = node.field
  if (type.kind === 'refs') {
    const list = writer.parameter(sqlArray(node.values as readonly string[]), 'uuid[]')
    return `(${expression} ${node.test === 'any' ? '&&' : '@>'} ${list})`
  }
  if (node.values.length === 0) return node.test === 'any' ? 'false' : `(${expression} is not null)`
  const element: FieldType = type.kind === 'array' ? type.element : type
  const whole: FieldType = { kind: 'array', element }
  const tests = node.values.map((value) => {
    if (!isComposite(element)) return `${expression} @> ${writer.value(whole, [value])}`
    const wanted = writer.parameter(JSON.stringify(JSON.parse(String(encodeValue(whole, [value])))[0]), 'jsonb')
    return `exists (select 1 from jsonb_array_elements(${expression}) as element where element = ${wanted})`
  })
  return `(${tests.join(node.test === 'any' ? ' or ' : ' and ')})`
}

function isComposite(type: FieldType): boolean {
  return type.kind === 'object' || type.kind === 'json' || type.kind === 'array'
}

function compileHas(
  node: Extract<ConditionNode, { kind: 'has' }>,
  table: PgModel,
  alias: string,
  writer: SqlWriter,
): string {
  const target = writer.tableOf(node.target)
  const inner = writer.alias()
  const expression = fieldExpression(node.field, table, alias)
  const match = node.field.type.kind === 'refs' ? `${inner}.id = any(${expression})` : `${inner}.id = ${expression}`
  const condition = compileCondition(node.condition, target, inner, writer)
  return `exists (select 1 from ${target.quotedTable} ${inner} where ${match} and ${condition})`
}

function orderExpression(field: FieldPath, table: PgModel, alias: string): string {
  const expression = fieldExpression(field, table, alias)
  if (field.type.kind !== 'enum') return comparable(field.type, expression)
  return `array_position(array[${field.type.values.map(quoteText).join(', ')}]::text[], ${expression})`
}

function orderValue(field: FieldPath, value: unknown, writer: SqlWriter): string | null {
  if (value === null || value === undefined) return null
  const { type } = field
  if (type.kind === 'enum') return writer.parameter(type.values.indexOf(value as string) + 1, 'integer')
  return comparable(type, writer.value(type, value))
}

function afterKey(expression: string, value: string | null, order: OrderNode): string {
  if (value === null) return order.nulls === 'first' ? `${expression} is not null` : 'false'
  const beyond = `${expression} ${order.direction === 'asc' ? '>' : '<'} ${value}`
  return order.nulls === 'last' ? `(${beyond} or ${expression} is null)` : beyond
}

function valueOf(row: Row, field: FieldPath): unknown {
  let value: unknown = row.values
  for (const name of field.path) value = (value as Record<string, unknown> | null | undefined)?.[name]
  return value
}
