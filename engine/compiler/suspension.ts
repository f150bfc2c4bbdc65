/** Which nodes contain a suspension of their own function: awaits, spawns, race switches, resources. */
import { children, isFunction, walkOwn, type Node } from './ast.ts'
import { primitiveCall } from './module.ts'
import type { Unit } from './unit.ts'

/** A switch whose cases wait: `switch (true) { case signal(r, s): ... }`. */
export function isRaceSwitch(unit: Unit, node: Node): boolean {
  return (
    node.type === 'SwitchStatement' &&
    node.discriminant.type === 'Literal' &&
    node.discriminant.value === true &&
    (node.cases as Node[]).some((each) =>
      ['signal', 'delay'].includes(primitiveCall(each.test as Node | null, unit.names) ?? ''),
    )
  )
}

const SUSPENDING = new Set(['AwaitExpression', 'Spawn', 'SpawnEach'])

/** Writes `suspends` on `node` and what is below it, without entering functions. */
export function mark(unit: Unit, node: Node): boolean {
  let suspends =
    SUSPENDING.has(node.type) ||
    (node.type === 'ForOfStatement' && node.await === true) ||
    isRaceSwitch(unit, node) ||
    (node.type === 'TryStatement' && usesResource(node)) ||
    (node.type === 'VariableDeclaration' && (node.kind === 'using' || node.kind === 'await using'))
  for (const child of children(node)) {
    if (isFunction(child)) continue
    if (mark(unit, child)) suspends = true
  }
  node.suspends = suspends
  if (suspends && node.type === 'TryStatement' && node.handler) node.handler.suspends = true
  return suspends
}

/** A resource may have to be acquired again where it is used, and be gone: a `try` around that must see it. */
function usesResource(node: Node): boolean {
  let found = false
  walkOwn(node, (each) => {
    if (each.type === 'Identifier' && (each.variable?.kind === 'using' || each.variable?.kind === 'await using'))
      found = true
  })
  return found
}
