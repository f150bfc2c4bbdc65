/**
 * A call that runs beside becomes a routine of its own. Its arguments are evaluated before it starts, as they are in plain
 * code: up to the last one that awaits they are the routine's parameters.
 */
import { isFunction, make, name, walk, walkOwn, type Node } from './ast.ts'
import type { Scope, Variable } from './scope.ts'
import type { RoutineUnit } from './unit.ts'

/** Whether an expression of this function awaits. */
export function awaits(node: Node): boolean {
  if (isFunction(node)) return false
  let found = false
  walkOwn(node, (each) => {
    if (each.type === 'AwaitExpression') found = true
    return !found
  })
  return found
}

/** `async (a) => call(a, b)` for `call(await x, b)`, and the values for its parameters. */
export function thunkOf(call: Node, routine: RoutineUnit): { readonly thunk: Node; readonly values: Node[] } {
  const params: Node[] = []
  const values: Node[] = []
  const thunk = make(call, 'ArrowFunctionExpression', { params, async: true, expression: false })
  const scope: Scope = {
    node: thunk,
    parent: routine.node.body.scope,
    func: thunk,
    variables: new Map(),
    perIteration: false,
  }
  const last = (call.arguments as Node[]).findLastIndex(awaits)
  const given = (call.arguments as Node[]).map((each, index): Node => {
    if (index > last || isFunction(each) || each.type === 'Literal') return each
    const spread = each.type === 'SpreadElement'
    const param = parameter(each, scope, index)
    params.push(param)
    values.push(spread ? make(each, 'ArrayExpression', { elements: [each] }) : each)
    const use = reference(param)
    return spread ? make(each, 'SpreadElement', { argument: use }) : use
  })
  const made = last < 0 ? call : { ...call, arguments: given }
  const body = make(call, 'BlockStatement', {
    body: [make(call, 'ReturnStatement', { argument: make(call, 'AwaitExpression', { argument: made }) })],
  })
  thunk.body = body
  thunk.scope = scope
  body.scope = { ...scope, node: body, parent: scope, variables: new Map() }
  walk(made, (each) => {
    if (each.type === 'Identifier' && each.variable && each.variable.scope !== scope) each.variable.captured.add(thunk)
  })
  return { thunk, values }
}

function parameter(origin: Node, scope: Scope, index: number): Node {
  const node = name(origin, `argument${index}`)
  const variable: Variable = {
    name: node.name as string,
    kind: 'param',
    scope,
    node,
    references: [],
    reassigned: false,
    captured: new Set(),
  }
  node.variable = variable
  scope.variables.set(variable.name, variable)
  return node
}

function reference(param: Node): Node {
  const use = { ...param }
  param.variable?.references.push(use)
  return use
}
