/** Async functions that nobody calls. */
import { isFunction, walk, type Node } from './ast.ts'
import type { RoutineUnit } from './unit.ts'

/** Async functions that are only declared: left out of the program. */
export function markUncalled(routine: RoutineUnit): void {
  walk(routine.node.body, (node) => {
    const holder = node.type === 'FunctionDeclaration' || (node.type === 'VariableDeclarator' && isFunction(node.init))
    const declared = holder ? (node.id as Node) : undefined
    const init = declared?.variable?.init
    if (declared?.type === 'Identifier' && init?.async && !init.routine) init.uncalled = true
    return !isFunction(node)
  })
}
