/** Whether a row meets a condition. Absent values behave as the condition nodes say, which is how SQL is made from them too. */
import type { AnyModelClass, ConditionNode, FieldPath, FieldType, TextPattern } from '@justscale/core'
import type { Row } from '@justscale/core/repository'
import { canonical, compareValue } from './compare-value.ts'

/** The row that a reference points at. */
export type RowOf = (model: AnyModelClass, identifier: string) => Row | undefined

export function meets(row: Row, node: ConditionNode, rowOf: RowOf): boolean {
  switch (node.kind) {
    case 'always':
      return node.holds
    case 'and':
      return node.parts.every((part) => meets(row, part, rowOf))
    case 'or':
      return node.parts.some((part) => meets(row, part, rowOf))
    case 'not':
      return !meets(row, node.part, rowOf)
    case 'absent':
      return (valueAt(row, node.field) === null) !== node.negated
    case 'has':
      return hasTarget(row, node, rowOf)
    default: {
      const value = valueAt(row, node.field)
      if (value === null) {
        if (node.kind === 'in') return node.negated
        return node.kind === 'compare' && node.operator === 'neq'
      }
      return holds(value, node)
    }
  }
}

/** The value at the end of the path; `null` when there is none. */
export function valueAt(row: Row, field: FieldPath): unknown {
  let value: unknown = row.values
  for (const name of field.path) {
    if (typeof value !== 'object' || value === null) return null
    value = (value as Record<string, unknown>)[name]
  }
  return value ?? null
}

type ValueNode = Extract<ConditionNode, { readonly kind: 'compare' | 'between' | 'in' | 'match' | 'elements' }>

function holds(value: unknown, node: ValueNode): boolean {
  const { type } = node.field
  switch (node.kind) {
    case 'compare': {
      const order = compareValue(type, value, node.value)
      return COMPARISONS[node.operator](order)
    }
    case 'between':
      return compareValue(type, value, node.low) >= 0 && compareValue(type, value, node.high) <= 0
    case 'in':
      return wantedOf(node).has(canonical(value)) !== node.negated
    case 'match':
      return matches(String(value), node.pattern, node.ignoreCase)
    case 'elements': {
      const elements = value as readonly unknown[]
      const element: FieldType = type.kind === 'array' ? type.element : { kind: 'uuid' }
      const has = (wanted: unknown) => elements.some((own) => own !== null && compareValue(element, own, wanted) === 0)
      return node.test === 'any' ? node.values.some(has) : node.values.every(has)
    }
  }
}

const wanted = new WeakMap<ValueNode, ReadonlySet<string>>()

/** The values of a list, so that each row costs one look. */
function wantedOf(node: Extract<ValueNode, { readonly kind: 'in' }>): ReadonlySet<string> {
  const made = wanted.get(node) ?? new Set(node.values.map(canonical))
  wanted.set(node, made)
  return made
}

const COMPARISONS = {
  eq: (order: number) => order === 0,
  neq: (order: number) => order !== 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
} as const

function hasTarget(row: Row, node: Extract<ConditionNode, { kind: 'has' }>, rowOf: RowOf): boolean {
  const value = valueAt(row, node.field)
  const identifiers = (Array.isArray(value) ? value : [value]) as readonly (string | null)[]
  return identifiers.some((identifier) => {
    const target = identifier === null ? undefined : rowOf(node.target, identifier)
    return target !== undefined && meets(target, node.condition, rowOf)
  })
}

function matches(value: string, pattern: TextPattern, ignoreCase: boolean): boolean {
  const text = ignoreCase ? value.toLowerCase() : value
  const wanted = ignoreCase ? pattern.text.toLowerCase() : pattern.text
  switch (pattern.kind) {
    case 'starts':
      return text.startsWith(wanted)
    case 'ends':
      return text.endsWith(wanted)
    case 'contains':
      return text.includes(wanted)
    case 'like':
      return likePattern(wanted).test(text)
  }
}

/** `%` is any text, `_` one character, `\` takes the next literally; one at the very end is itself. */
function likePattern(pattern: string): RegExp {
  const parts: string[] = []
  const characters = [...pattern]
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] as string
    if (character === '%') parts.push('[\\s\\S]*')
    else if (character === '_') parts.push('[\\s\\S]')
    else if (character === '\\' && index + 1 < characters.length)
      parts.push(RegExp.escape(characters[(index += 1)] as string))
    else parts.push(RegExp.escape(character))
  }
  return new RegExp(`^${parts.join('')}$`, 'u')
}
