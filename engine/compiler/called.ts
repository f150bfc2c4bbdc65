/** What a call is a call of, as far as its own text tells. */
import type { Node } from './ast.ts'
import { namespaceOf, primitiveCall } from './module.ts'
import type { Unit } from './unit.ts'

const JOINS = new Set(['all', 'allSettled', 'race', 'any'])

/** `Promise.all(x)` and its kin. */
export function isPromiseJoin(node: Node): boolean {
  return (
    node.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    !node.callee.computed &&
    node.callee.object.type === 'Identifier' &&
    node.callee.object.name === 'Promise' &&
    !node.callee.object.variable &&
    JOINS.has(node.callee.property.name as string) &&
    node.arguments.length === 1
  )
}

/** The dependency at the root of a call chain: `svc` for `svc.a(1)` and `svc.a(1).b(2)`. */
export function calledDependency(node: Node): string | undefined {
  let each = node
  let calls = 0
  while (true) {
    if (each.type === 'ChainExpression') each = each.expression
    else if (each.type === 'CallExpression') {
      calls++
      each = each.callee
    } else if (each.type === 'MemberExpression') {
      if (each.object.type === 'Identifier' && each.object.variable?.special === 'dependencies' && !each.computed) {
        return calls > 0 ? (each.property.name as string) : undefined
      }
      each = each.object
    } else break
  }
  return calls > 0 && each.type === 'Identifier' ? each.variable?.dependency : undefined
}

/** A call of a function of another module, also `helpers.settle(x)` of a namespace: what it returns may be a promise. */
export function isImportedCall(unit: Unit, node: Node): boolean {
  if (node.type !== 'CallExpression') return false
  const { callee } = node
  const inNamespace = callee.type === 'MemberExpression' && !callee.computed
  const imported = inNamespace
    ? namespaceOf(callee.object, unit.names)
    : callee.type === 'Identifier' && !callee.variable && unit.names.imports.get(callee.name as string)
  if (!imported) return false
  const primitive = primitiveCall(node, unit.names)
  return primitive === undefined || primitive === 'retry' || primitive === 'transaction'
}
