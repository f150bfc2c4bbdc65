/**
 * What a block that holds a resource of a step (`using account = await accounts.lock(id)`) may not do. The block is one unit
 * of work of its fiber: a call from a fiber beside it would run outside that unit, so such fibers are refused; calls of
 * other systems run again with the unit, so they are warned about.
 */
import { children, type Node } from '../ast.ts'
import { calledDependency } from '../called.ts'
import type { RoutineUnit } from '../unit.ts'
import type { Lowering } from './lowering.ts'

export function checkLockBlock(l: Lowering, node: Node, declarator: Node): void {
  const scope = declarator.id.variable?.scope.node as Node | undefined
  if (!scope) return
  const { callee } = declarator.init.argument as Node
  const isLock = /^(lock|acquire)/.test(String(callee?.property?.name ?? ''))
  const owner = calledDependency(declarator.init.argument)
  const visit = (each: Node): void => {
    if (each.start > node.end || each === scope) {
      if (startsFiber(each)) refuseFiber(l, each)
      else if (isLock && each.type === 'AwaitExpression') warnOfEffect(l, each, owner, declarator.id.variable)
    }
    for (const child of children(each)) visit(child)
  }
  visit(scope)
}

function startsFiber(node: Node): boolean {
  if (node.type === 'Spawn' || node.type === 'SpawnEach') return true
  return node.type === 'AwaitExpression' && node.target !== undefined && spawns(node.target as RoutineUnit, new Set())
}

/** Whether a routine, or one that it calls, starts fibers. */
function spawns(routine: RoutineUnit, seen: Set<RoutineUnit>): boolean {
  if (routine.floats.size > 0) return true
  seen.add(routine)
  return [...routine.calls].some((each) => !seen.has(each) && spawns(each, seen))
}

function refuseFiber(l: Lowering, node: Node): void {
  l.unit.diagnostics.refuse(
    node,
    'COMPILE_FIBER_IN_LOCK',
    'This runs beside the block that holds the lock, outside its unit of work',
    'Await the calls one after the other (`for (const item of items) await ...`), or start them before the block.',
  )
}

/** What is given the resource (`svc.settle(locked)`, `signals.paid({ order: locked })`) and process starts belong to the unit. */
function warnOfEffect(l: Lowering, node: Node, owner: string | undefined, resource: unknown): void {
  const dependency = calledDependency(node.argument)
  if (!dependency || dependency === owner || node.argument.callee?.type === 'Identifier') return
  if (((node.argument.arguments ?? []) as Node[]).some((argument) => gives(argument, resource))) return
  l.unit.diagnostics.warn(
    node,
    'COMPILE_EFFECT_IN_LOCK',
    'This call runs again when the lock block does',
    'Everything in a lock block is one unit of work; move calls of other systems out of it.',
  )
}

/** Whether the resource itself is given, not something read from it. */
function gives(node: Node, resource: unknown): boolean {
  if (node.type === 'MemberExpression') return false
  if (node.type === 'Identifier') return resource !== undefined && node.variable === resource
  return children(node).some((child) => gives(child, resource))
}
