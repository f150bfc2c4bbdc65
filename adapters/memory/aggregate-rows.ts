/** Counts, sums and extremes over rows. Sums of whole numbers and decimals are exact. */
import type { AggregateNode, FieldType } from '@justscale/core'
import type { Row } from '@justscale/core/repository'
import { compareValue, decimalUnits } from './compare-value.ts'
import { valueAt } from './evaluate-condition.ts'

export function aggregateRows(node: AggregateNode, rows: readonly Row[]): unknown {
  const { field } = node
  if (!field) return rows.length
  const values = rows.map((row) => valueAt(row, field)).filter((value) => value !== null)
  if (node.kind === 'count') return node.distinct ? distinct(field.type, values) : values.length
  if (values.length === 0) return null
  switch (node.kind) {
    case 'sum':
      return sumOf(field.type, values)
    case 'avg':
      return Number(sumOf(field.type, values)) / values.length
    case 'min':
    case 'max': {
      const sign = node.kind === 'min' ? 1 : -1
      return values.reduce((best, value) => (compareValue(field.type, value, best) * sign < 0 ? value : best))
    }
  }
}

function distinct(type: FieldType, values: readonly unknown[]): number {
  const sorted = values.toSorted((one, other) => compareValue(type, one, other))
  return sorted.filter((value, index) => index === 0 || compareValue(type, sorted[index - 1], value) !== 0).length
}

function sumOf(type: FieldType, values: readonly unknown[]): number | bigint | string {
  if (type.kind === 'bigint') return (values as readonly bigint[]).reduce((sum, value) => sum + value, 0n)
  if (type.kind !== 'decimal') return (values as readonly number[]).reduce((sum, value) => sum + value)
  const text = (value: unknown) => (typeof value === 'number' ? value.toFixed(type.scale) : String(value))
  const units = values.reduce((sum: bigint, value) => sum + decimalUnits(text(value), type.scale), 0n)
  const total = unitsText(units, type.scale)
  return type.as === 'number' ? Number(total) : total
}

function unitsText(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${units < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}
