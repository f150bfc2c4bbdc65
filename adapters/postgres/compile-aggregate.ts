/** Aggregates as select expressions, and their answers. Averages are made from exact sums, as in memory. */
import type { AggregateNode } from '@justscale/core'
import type { SqlRow } from '@justscale/engine/sql'
import { decoderOf } from './column.ts'
import { fieldExpression } from './compile-condition.ts'
import type { PgModel } from './pg-model.ts'

/** One or two columns, named after the aggregate's number. */
export function aggregateExpression(node: AggregateNode, index: number, table: PgModel): string[] {
  const name = `a${index}`
  if (!node.field) return [`count(*) as ${name}`]
  const { type } = node.field
  const plain = fieldExpression(node.field, table, 't')
  const expression = type.kind === 'uuid' ? `(${plain}::text collate "C")` : plain
  switch (node.kind) {
    case 'count':
      return [`count(${node.distinct ? 'distinct ' : ''}${expression}) as ${name}`]
    case 'avg':
      return [`sum(${sumOperand(type.kind, expression)})::text as ${name}`, `count(${expression}) as ${name}_count`]
    case 'sum':
      return [`sum(${sumOperand(type.kind, expression)})::text as ${name}`]
    case 'min':
    case 'max':
      return [`${node.kind}(${expression}) as ${name}`]
  }
}

export function decodeAggregate(node: AggregateNode, index: number, row: SqlRow): unknown {
  const value = row[`a${index}`]
  if (node.kind === 'count') return Number(value)
  if (value === null || value === undefined) return null
  if (node.kind === 'avg') return Number(value) / Number(row[`a${index}_count`])
  const { type } = node.field
  if (node.kind !== 'sum') return (decoderOf(type) ?? asIs)(value)
  if (type.kind === 'bigint') return BigInt(value as string)
  return type.kind === 'decimal' && type.as === 'string' ? value : Number(value)
}

/** Sums of 32-bit floats are made with 64 bits. */
function sumOperand(kind: string, expression: string): string {
  return kind === 'float' ? `${expression}::double precision` : expression
}

function asIs(value: unknown): unknown {
  return value
}
