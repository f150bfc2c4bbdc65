/** What is noted of a routine's variables before it is lowered: handles they hold, functions nobody calls. */
import { isFunction, walk, walkOwn, type Node } from './ast.ts'
import { isPromiseJoin } from './called.ts'
import type { RoutineUnit } from './unit.ts'

/** Variables that are awaited or joined later hold handles of what they were assigned. */
export function markPromiseHolders(routine: RoutineUnit): void {
  walkOwn(routine.node.body, (node) => {
    if (node.type !== 'AwaitExpression') return
    const argument = node.argument as Node
    hold(argument)
    if (!isPromiseJoin(argument)) return
    const list = argument.arguments[0] as Node
    hold(list)
    if (list.type === 'ArrayExpression') for (const each of list.elements as (Node | null)[]) if (each) hold(each)
  })
}

function hold(node: Node): void {
  if (node.type === 'SpreadElement') return hold(node.argument)
  if (node.type === 'Identifier' && node.variable) node.variable.holdsPromises = true
}

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
