/**
 * Conditions as programs put them together (a test per value, a tree as deep as the loop that built it) in the form that
 * storages answer well: nested lists of one kind are one list, and tests of one field for many values are one test.
 */
import type { FieldType } from '../model/field-definition.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import type { ConditionNode } from '../query/condition.ts'
import { isStorageKey } from '../reference/reference-text.ts'
import { checkField } from './check-field.ts'
import { QueryError } from './errors.ts'

/** Levels of conditions in one another: Postgres takes more, JavaScript too. */
const DEEPEST = 500

/** A list counts as one: the protocol of Postgres counts them in 16 bits, and a page and a patch come on top. */
const MOST_VALUES = 60_000

/** The same condition in fewer nodes. Throws `QueryError` for one that no storage could answer, or that has a field of another model. */
export function simplifyCondition(model: AnyModelClass, node: ConditionNode): ConditionNode {
  const simple = simplify(model, node, 1)
  const count = valuesIn(simple)
  if (count > MOST_VALUES)
    throw new QueryError(`A condition may compare ${MOST_VALUES} values, this one has ${count}`, {
      hint: 'Ask in parts, or compare one field with in([...]): a list counts as one value.',
    })
  return simple
}

function simplify(model: AnyModelClass, node: ConditionNode, depth: number): ConditionNode {
  if (depth > DEEPEST) throw new QueryError(`A condition may be nested ${DEEPEST} levels deep, this one is deeper`)
  switch (node.kind) {
    case 'and':
    case 'or': {
      const parts = partsOf(node).map((part) => simplify(model, part, depth + 1))
      return { kind: node.kind, parts: merged(parts, node.kind === 'and') }
    }
    case 'not':
      return simplifyNot(model, node, depth)
    case 'always':
      return node
    case 'has':
      checkField(model, node.field)
      return { ...node, condition: simplify(node.target, node.condition, depth + 1) }
    case 'compare':
    case 'in':
    case 'elements':
      checkField(model, node.field)
      return isReference(node.field.type) ? withoutMalformed(node) : node
    default:
      checkField(model, node.field)
      return node
  }
}

function isReference({ kind }: FieldType): boolean {
  return kind === 'ref' || kind === 'refs'
}

/** Text that can be no key is nobody's: what `get` answers `null` for is compared without asking the storage. */
function withoutMalformed(node: ConditionNode & { kind: 'compare' | 'in' | 'elements' }): ConditionNode {
  const keys = (node.kind === 'compare' ? [node.value].flat() : node.values) as readonly string[]
  const possible = keys.filter(isStorageKey)
  if (possible.length === keys.length) return node
  if (node.kind === 'compare') return { kind: 'always', holds: node.operator === 'neq' }
  if (node.kind === 'elements' && node.test === 'all') return { kind: 'always', holds: false }
  return { ...node, values: possible }
}

/** Those of lists of the same kind inside it too, in order. A loop, because such trees may be deeper than the stack. */
function partsOf(node: ConditionNode & { kind: 'and' | 'or' }): readonly ConditionNode[] {
  const parts: ConditionNode[] = []
  const waiting: ConditionNode[] = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.kind === node.kind) for (const part of next.parts.toReversed()) waiting.push(part)
    else parts.push(next)
  }
  return parts
}

function simplifyNot(model: AnyModelClass, node: ConditionNode & { kind: 'not' }, depth: number): ConditionNode {
  let inner = node.part
  let negated = true
  for (; inner.kind === 'not'; inner = inner.part) negated = !negated
  const part = simplify(model, inner, depth + 1)
  return negated ? { kind: 'not', part } : part
}

type InNode = ConditionNode & { kind: 'in' }

/** `eq` and `in` of one field as one `in` (in an `or`); `neq` and `notIn` as one `notIn` (in an `and`). */
function merged(parts: readonly ConditionNode[], negated: boolean): readonly ConditionNode[] {
  if (parts.length < 2) return parts
  const lists = new Map<FieldType, Map<string, { readonly at: number; readonly values: unknown[] }>>()
  const kept: ConditionNode[] = []
  for (const part of parts) {
    const list = asList(part, negated)
    if (list === undefined) {
      kept.push(part)
      continue
    }
    const { type, path } = list.field
    const ofType = lists.get(type) ?? new Map<string, { readonly at: number; readonly values: unknown[] }>()
    lists.set(type, ofType)
    const key = path.join('\0')
    const found = ofType.get(key)
    if (found === undefined) {
      ofType.set(key, { at: kept.push(part) - 1, values: [...list.values] })
      continue
    }
    for (const value of list.values) found.values.push(value)
    kept[found.at] = { ...list, values: found.values }
  }
  return kept
}

/** Lists of references cannot be elements of a list. */
function asList(node: ConditionNode, negated: boolean): InNode | undefined {
  if (node.kind === 'in') return node.negated === negated ? node : undefined
  if (node.kind !== 'compare' || node.operator !== (negated ? 'neq' : 'eq')) return undefined
  return node.field.type.kind === 'refs' ? undefined : { kind: 'in', field: node.field, values: [node.value], negated }
}

function valuesIn(node: ConditionNode): number {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.parts.reduce((count, part) => count + valuesIn(part), 0)
    case 'not':
      return valuesIn(node.part)
    case 'has':
      return valuesIn(node.condition)
    case 'elements':
      return node.field.type.kind === 'refs' ? 1 : node.values.length
    case 'between':
      return 2
    default:
      return 1
  }
}
