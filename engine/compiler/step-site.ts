/** How a step is known outside the program: by dependency or binding, method name and number of arguments. */
import type { StepSite } from '../program/program.ts'
import type { Node } from './ast.ts'
import { engineName } from './module.ts'
import type { Unit } from './unit.ts'

/** Methods that only read, when they are a repository's own. */
const READS = new Set([
  'find',
  'findOne',
  'findMany',
  'findAll',
  'get',
  'getMany',
  'getAll',
  'count',
  'exists',
  'list',
  'all',
  'load',
  'first',
  'fetch',
])

/** Arity of an await that calls nothing. */
const NO_CALL = -1
/** Arity of a call with a spread: as many as the method may want. */
const MANY = 255

export function stepSite(unit: Unit, awaited: Node): StepSite {
  const call = firstCall(awaited)
  if (!call) return { kind: 'value', arity: NO_CALL, read: true, name: text(awaited) }
  const args = call.arguments as Node[]
  const arity = args.some((each) => each?.type === 'SpreadElement') ? MANY : args.length
  const path = chain(call.callee as Node)
  const [root, ...rest] = path
  const label = path.map((each) => each.text).join('.') || 'await'
  const primitive = engineName(call.callee, unit.names)
  if (primitive) return { kind: 'binding', binding: primitive, arity, read: false, name: primitive }
  if (root?.dependency !== undefined) {
    const method = methodOf(rest)
    return {
      kind: 'dependency',
      dependency: root.dependency,
      ...(method ? { method } : {}),
      arity,
      read: READS.has(method),
      name: label,
    }
  }
  if (root?.all && rest[0]) {
    const method = methodOf(rest.slice(1))
    return {
      kind: 'dependency',
      dependency: rest[0].text,
      ...(method ? { method } : {}),
      arity,
      read: READS.has(method),
      name: label,
    }
  }
  if (root?.free) {
    const method = methodOf(rest)
    return { kind: 'binding', binding: root.text, ...(method ? { method } : {}), arity, read: false, name: label }
  }
  return { kind: 'value', arity, read: false, name: label }
}

/** Nothing where a part of it is computed: nobody can tell which method it is. */
function methodOf(parts: readonly Part[]): string {
  return parts.some((each) => each.text === COMPUTED) ? '' : parts.map((each) => each.text).join('.')
}

const COMPUTED = '[]'

interface Part {
  readonly text: string
  readonly dependency?: string
  readonly all?: boolean
  readonly free?: boolean
}

/** The innermost call of a chain: `svc.a()` in `svc.a().b()`. */
function firstCall(node: Node): Node | undefined {
  let found: Node | undefined
  for (let each: Node | undefined = node; each;) {
    if (each.type === 'CallExpression' || each.type === 'NewExpression') {
      found = each
      each = each.callee
    } else if (each.type === 'ChainExpression') each = each.expression
    else if (each.type === 'MemberExpression') each = each.object
    else if (each.type === 'TaggedTemplateExpression')
      return { ...each, callee: each.tag, arguments: each.quasi.expressions }
    else break
  }
  return found
}

function chain(node: Node): Part[] {
  if (node.type === 'ChainExpression') return chain(node.expression)
  if (node.type === 'MemberExpression') return [...chain(node.object), { text: propertyText(node) }]
  if (node.type === 'Identifier') {
    const { variable } = node
    const label = node.name as string
    if (variable?.dependency !== undefined) return [{ text: label, dependency: variable.dependency }]
    if (variable?.special === 'dependencies') return [{ text: label, all: true }]
    return [{ text: label, free: !variable }]
  }
  return [{ text: node.type === 'Slot' ? 'value' : 'await' }]
}

function propertyText(node: Node): string {
  if (!node.computed) return node.property.name as string
  return node.property.type === 'Literal' && typeof node.property.value === 'string' ? node.property.value : COMPUTED
}

function text(node: Node): string {
  return node.type === 'Identifier' || node.type === 'MemberExpression'
    ? chain(node)
        .map((each) => each.text)
        .join('.')
    : 'await'
}
