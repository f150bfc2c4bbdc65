/**
 * The syntax tree the compiler works on: ESTree as oxc gives it, with types erased, `loc` on every node of the source, and
 * what the analysis finds written onto the nodes (`variable`, `suspends`). Nodes made by the compiler carry the `loc` of
 * what they stand for, so that printed code maps back.
 */
import { visitorKeys } from 'oxc-parser'
import type { Variable } from './scope.ts'

export interface Node {
  type: string
  start: number
  end: number
  loc?: { start: Position; end: Position }
  /** On identifiers that refer to (or declare) a variable of the compiled function. */
  variable?: Variable
  /** Contains a suspension of its own function. */
  suspends?: boolean
  // A syntax tree has as many shapes as there are node types: fields are checked where they are read.
  // oxlint-disable-next-line typescript/no-explicit-any
  [field: string]: any
}

/** Line from 1, column from 0. */
export interface Position {
  line: number
  column: number
}

const SKIPPED = new Set(['loc', 'variable', 'scope', 'type', 'start', 'end'])

/** Names of the fields that may hold children, in source order. Nodes of the compiler's own may have any. */
export function fields(node: Node): readonly string[] {
  return visitorKeys[node.type] ?? Object.keys(node).filter((key) => !SKIPPED.has(key))
}

/** Direct children in source order. */
export function children(node: Node): Node[] {
  const found: Node[] = []
  for (const key of fields(node)) {
    const value: unknown = node[key]
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) found.push(item)
    } else if (isNode(value)) found.push(value)
  }
  return found
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string'
}

/** Visits `node` and everything below it; `visit` gives `false` to leave out what is below. */
export function walk(node: Node, visit: (node: Node) => unknown): void {
  if (visit(node) === false) return
  for (const child of children(node)) walk(child, visit)
}

/** As `walk`, but does not enter functions and classes below `node`. */
export function walkOwn(node: Node, visit: (node: Node) => unknown): void {
  walk(node, (each) => {
    if (each !== node && isFunction(each)) return false
    return visit(each)
  })
}

export function isFunction(node: Node | null | undefined): boolean {
  return (
    node?.type === 'ArrowFunctionExpression' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'FunctionDeclaration'
  )
}

/** A deep copy in which `replace` may put other nodes; it gives `undefined` to copy as it is. */
export function copy(node: Node, replace: (node: Node) => Node | undefined = () => undefined): Node {
  const other = replace(node)
  if (other) return other
  const result: Node = { type: node.type, start: node.start, end: node.end }
  for (const key in node) {
    const value: unknown = node[key]
    if (key === 'loc' || key === 'variable' || key === 'suspends' || key === 'scope') result[key] = value
    else if (Array.isArray(value)) result[key] = value.map((item) => (isNode(item) ? copy(item, replace) : item))
    else result[key] = isNode(value) ? copy(value, replace) : value
  }
  return result
}

/** Makes a node that stands for `origin`. */
export function make(origin: Node, type: string, fields: Record<string, unknown>): Node {
  return { type, start: origin.start, end: origin.end, ...(origin.loc ? { loc: origin.loc } : {}), ...fields }
}

export const name = (origin: Node, text: string): Node => make(origin, 'Identifier', { name: text })

export const literal = (origin: Node, value: string | number | boolean | null): Node =>
  make(origin, 'Literal', { value, raw: JSON.stringify(value) })

export const nothing = (origin: Node): Node =>
  make(origin, 'UnaryExpression', { operator: 'void', prefix: true, argument: literal(origin, 0) })

export const member = (origin: Node, object: Node, property: string | Node): Node =>
  typeof property === 'string'
    ? make(origin, 'MemberExpression', { object, property: name(origin, property), computed: false, optional: false })
    : make(origin, 'MemberExpression', { object, property, computed: true, optional: false })

export const call = (origin: Node, callee: Node, args: readonly Node[]): Node =>
  make(origin, 'CallExpression', { callee, arguments: args, optional: false })

/** An assignment of the compiler's own: may initialise constants. */
export const assign = (origin: Node, left: Node, right: Node, operator = '='): Node =>
  make(origin, 'AssignmentExpression', { operator, left, right, made: true })

export const statement = (expression: Node): Node => make(expression, 'ExpressionStatement', { expression })

export const block = (origin: Node, body: readonly Node[]): Node => make(origin, 'BlockStatement', { body })

export const array = (origin: Node, elements: readonly (Node | null)[]): Node =>
  make(origin, 'ArrayExpression', { elements })

export const binary = (origin: Node, operator: string, left: Node, right: Node): Node =>
  make(origin, 'BinaryExpression', { operator, left, right })

export const not = (argument: Node): Node =>
  make(argument, 'UnaryExpression', { operator: '!', prefix: true, argument })

export const returning = (origin: Node, argument: Node): Node => make(origin, 'ReturnStatement', { argument })
