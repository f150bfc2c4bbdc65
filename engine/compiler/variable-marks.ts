/** What is noted of a routine's variables before it is lowered: handles they hold, functions nobody calls. */
import { isFunction, walk, walkOwn, type Node } from './ast.ts'
import { isPromiseJoin } from './called.ts'
import type { Variable } from './scope.ts'
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
  })
  while (holdSources(routine)) continue
}

/** A holder's values come from holders: `const q = p`, `const all = [p]`, `all.push(p)`. True when there was a new one. */
function holdSources(routine: RoutineUnit): boolean {
  let found = false
  walkOwn(routine.node.body, (node) => {
    if (node.type === 'VariableDeclarator' && node.init && isHolder(node.id)) found = hold(node.init) || found
    else if (node.type === 'AssignmentExpression' && isHolder(node.left)) found = hold(node.right) || found
    else if (node.type === 'CallExpression' && node.callee.property?.name === 'push' && isHolder(node.callee.object))
      for (const each of node.arguments as Node[]) found = hold(each) || found
  })
  return found
}

function isHolder(node: Node): boolean {
  if (node.type !== 'Identifier' || !node.variable?.holdsPromises) return false
  node.variable.awaitedAt?.add(node)
  return true
}

/** Whether nothing but a promise can be meant: it is used in no other way. */
export function isOnlyAwaited({ node, references, awaitedAt }: Variable): boolean {
  return references.every((each) => each === node || awaitedAt?.has(each))
}

/** True when it marks a variable that was not marked. */
function hold(node: Node): boolean {
  if (node.type === 'SpreadElement') return hold(node.argument)
  if (node.type === 'ArrayExpression')
    return (node.elements as (Node | null)[]).map((each) => each !== null && hold(each)).includes(true)
  if (node.type !== 'Identifier' || !node.variable) return false
  const { variable } = node
  variable.awaitedAt ??= new Set()
  variable.awaitedAt.add(node)
  if (variable.holdsPromises) return false
  variable.holdsPromises = true
  return true
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

/** `calls.push(svc.a())` where `calls` is joined later. */
export function isPush(node: Node): boolean {
  return (
    node.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    node.callee.property.name === 'push' &&
    node.callee.object.type === 'Identifier' &&
    node.callee.object.variable?.holdsPromises === true
  )
}
