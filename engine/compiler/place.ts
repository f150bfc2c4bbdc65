/**
 * Decides where every variable lives: in the routine's frame (a slot), in a per-iteration object in the frame (a box, when
 * a loop's variable is captured by a closure), or natively inside one region. Only scopes that contain a suspension have
 * slots. Also finds what each routine uses of the frames around it.
 */
import { isFunction, walk, type Node } from './ast.ts'
import type { Scope, Variable } from './scope.ts'
import { temporary, type RoutineUnit, type Unit } from './unit.ts'

export function placeVariables(unit: Unit): void {
  const byFunction = new Map(unit.routines.map((each) => [each.node, each]))
  for (const routine of unit.routines) {
    for (const scope of scopesOf(routine.node)) {
      for (const variable of scope.variables.values()) place(variable, scope, routine, byFunction)
    }
  }
  for (const routine of unit.routines) collectCaptures(routine)
  propagateCaptures(unit)
}

/** Scopes of a function that belong to it and not to functions in it. */
function scopesOf(func: Node): Scope[] {
  const found: Scope[] = []
  walk(func, (node) => {
    if (node !== func && isFunction(node)) return false
    const scope = node.scope as Scope | undefined
    if (scope && scope.func === func) found.push(scope)
    return true
  })
  return found
}

function place(variable: Variable, scope: Scope, routine: RoutineUnit, byFunction: Map<Node, RoutineUnit>): void {
  variable.owner = routine.node
  if (variable.dependency !== undefined || variable.special) return
  const usedByRoutine = [...variable.captured].some((func) => insideOther(func, routine, byFunction))
  const needsFrame = variable.kind === 'param' && scope.node === routine.node
  const isVar = variable.kind === 'var' && routine.node.body.suspends === true
  if (!(needsFrame || isVar || usedByRoutine || scope.node.suspends === true)) return
  if (isRoutineOnly(variable)) return
  variable.slot = freeSlot(routine, variable.name)
  const closes = [...variable.captured].some((func) => !byFunction.has(func))
  if (
    scope.perIteration &&
    (closes || usedByRoutine) &&
    variable.kind !== 'function' &&
    !variable.kind.endsWith('using') &&
    !isFunctionValue(variable)
  ) {
    scope.node.box ??= temporary(routine)
    variable.box = scope.node.box as string
  } else if (isFunctionValue(variable)) routine.remade.set(variable.slot, variable)
}

/** A local function or class: made again instead of stored. */
function isFunctionValue(variable: Variable): boolean {
  if (variable.reassigned || !variable.init || variable.kind === 'var') return false
  return (
    isFunction(variable.init) || variable.init.type === 'ClassDeclaration' || variable.init.type === 'ClassExpression'
  )
}

/** A function that is only ever called as a routine has no native form. */
export function isRoutineOnly(variable: Variable): boolean {
  const init = variable.init
  return isFunction(init) && init?.async === true && (init.routine !== undefined || init.uncalled === true)
}

function insideOther(func: Node, routine: RoutineUnit, byFunction: Map<Node, RoutineUnit>): boolean {
  for (let scope = func.scope as Scope | undefined; scope; scope = scope.parent) {
    if (scope.func === routine.node) return false
    if (byFunction.has(scope.func)) return true
  }
  return false
}

function freeSlot(routine: RoutineUnit, wanted: string): string {
  const base = wanted.startsWith('$') || wanted === '__proto__' ? `_${wanted}` : wanted
  let slot = base
  for (let number = 2; routine.slots.has(slot); number++) slot = `${base}$${number}`
  routine.slots.add(slot)
  return slot
}

function collectCaptures(routine: RoutineUnit): void {
  walk(routine.node, (node) => {
    if (node !== routine.node && isFunction(node) && node.routine) return false
    const variable = node.variable
    if (node.type === 'Identifier' && variable?.slot && variable.owner !== routine.node) routine.captures.add(variable)
    return true
  })
}

/** What a called routine captures, its caller does too, unless it is the caller's own. */
function propagateCaptures(unit: Unit): void {
  for (let changed = true; changed;) {
    changed = false
    for (const routine of unit.routines) {
      for (const called of routine.calls) {
        for (const variable of called.captures) {
          if (variable.owner === routine.node || routine.captures.has(variable)) continue
          routine.captures.add(variable)
          changed = true
        }
      }
    }
  }
}
