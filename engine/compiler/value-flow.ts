/** Where the values of a function's locals come from, as far as its text tells: what is assigned, given, put in. */
import { isFunction, walk, type Node } from './ast.ts'
import type { Variable } from './scope.ts'

/** A local is what is at `at` in the value of `from`. */
interface Source {
  readonly from: Node
  readonly at: readonly string[]
}

/** `value` is put at `into` of what a local holds. */
interface Write {
  readonly into: readonly string[]
  readonly value: Node
}

export interface Flows {
  sources(variable: Variable): readonly Source[]
  writes(variable: Variable): readonly Write[]
  /** Whether a function of these is called and awaited at once. */
  isAwaitedCall(func: Node): boolean
  /** Whether an identifier is only written to, or something is put into what it holds. */
  isTarget(node: Node): boolean
  /** `node.name` of which an identifier is the object. */
  memberOf(node: Node): Node | undefined
}

/** Methods that put their last argument into what they are called on. */
const PUTS = new Set(['push', 'unshift', 'add', 'set'])

const known = new WeakMap<Node, Flows>()

/** Of a function whose names are resolved: found once. */
export function flowsOf(root: Node): Flows {
  const found = known.get(root) ?? findFlows(root)
  known.set(root, found)
  return found
}

function findFlows(root: Node): Flows {
  const sources = new Map<Variable, Source[]>()
  const writes = new Map<Variable, Write[]>()
  const awaited = new Set<Node>()
  const targets = new Set<Node>()
  const members = new Map<Node, Node>()

  const source = (variable: Variable | undefined, from: Node, at: readonly string[]): void => {
    if (!variable) return
    const before = sources.get(variable)
    if (before) before.push({ from, at })
    else sources.set(variable, [{ from, at }])
  }
  const write = (target: Node, into: readonly string[], value: Node): void => {
    const [root, path] = placeOf(target)
    if (!root.variable) return
    targets.add(root)
    const found: Write = { into: [...path, ...into], value }
    const before = writes.get(root.variable)
    if (before) before.push(found)
    else writes.set(root.variable, [found])
  }
  const bind = (target: Node | null, from: Node, at: readonly string[]): void => {
    if (!target) return
    if (target.type === 'Identifier') {
      targets.add(target)
      source(target.variable, from, at)
    } else if (target.type === 'MemberExpression') {
      if (at.length === 0) write(target, [], from)
    } else if (target.type === 'AssignmentPattern') {
      bind(target.left, from, at)
      bind(target.left, target.right, [])
    } else if (target.type === 'RestElement') bind(target.argument, from, at)
    else if (target.type === 'ArrayPattern')
      (target.elements as (Node | null)[]).forEach((each, index) => {
        bind(each, from, [...at, String(index)])
      })
    else if (target.type === 'ObjectPattern')
      for (const each of target.properties as Node[]) {
        if (each.type === 'RestElement') bind(each.argument, from, at)
        else bind(each.value, from, [...at, each.computed ? '*' : String(each.key.name ?? each.key.value)])
      }
  }
  walk(root, (node) => {
    if (node.type === 'MemberExpression') members.set(node.object, node)
    if (node.type === 'VariableDeclarator' && node.init) bind(node.id, node.init, [])
    else if (node.type === 'AssignmentExpression' && ['=', '??=', '||=', '&&='].includes(node.operator as string))
      bind(node.left, node.right, [])
    else if (node.type === 'ForOfStatement')
      bind(node.left.type === 'VariableDeclaration' ? node.left.declarations[0].id : node.left, node.right, ['*'])
    else if (node.type === 'CallExpression') {
      const func = functionOf(node.callee)
      if (func) bindArguments(func, node.arguments as Node[], bind)
      const { callee } = node
      if (callee.type !== 'MemberExpression' || callee.computed) return
      const method = callee.property.name as string
      const last = (node.arguments as Node[]).at(-1)
      if (PUTS.has(method))
        for (const each of method === 'set' ? [last] : (node.arguments as Node[]))
          if (each) write(callee.object, ['*'], each)
      if (method === 'map' && isFunction(node.arguments[0]))
        bind(node.arguments[0].params[0] ?? null, callee.object, ['*'])
    } else if (isFunction(node)) {
      for (const each of node.params as Node[]) if (each.type === 'AssignmentPattern') bind(each.left, each.right, [])
    } else if (node.type === 'AwaitExpression') {
      const func = node.argument.type === 'CallExpression' ? functionOf(node.argument.callee) : undefined
      if (func) awaited.add(func)
    }
  })
  return {
    sources: (variable) => sources.get(variable) ?? [],
    writes: (variable) => writes.get(variable) ?? [],
    isAwaitedCall: (func) => awaited.has(func),
    isTarget: (node) => targets.has(node),
    memberOf: (node) => members.get(node),
  }
}

/** The function that a callee names or is. */
function functionOf(callee: Node): Node | undefined {
  if (isFunction(callee)) return callee
  const init = callee.type === 'Identifier' && !callee.variable?.reassigned ? callee.variable?.init : undefined
  return isFunction(init) ? init : undefined
}

function bindArguments(
  func: Node,
  args: readonly Node[],
  bind: (target: Node | null, from: Node, at: readonly string[]) => void,
): void {
  for (const [index, param] of (func.params as Node[]).entries()) {
    const given = args[index]
    if (!given || given.type === 'SpreadElement' || param.type === 'RestElement') return
    bind(param, given, [])
  }
}

/** The local at the root of `a.b[c]`, and the way from it. */
function placeOf(node: Node): [root: Node, path: string[]] {
  if (node.type !== 'MemberExpression') return [node, []]
  const [root, path] = placeOf(node.object)
  const key = !node.computed
    ? String(node.property.name)
    : node.property.type === 'Literal'
      ? String(node.property.value)
      : '*'
  return [root, [...path, key]]
}
