/**
 * Finds what runs as routines (functions that are called and awaited, callbacks of fan-outs, floating calls), and marks
 * every node that contains a suspension of its own function. What stays a native function must not await.
 */
import { fields, isFunction, isNode, make, walk, walkOwn, type Node } from './ast.ts'
import { awaitingCopy } from './awaiting-copy.ts'
import { calledDependency, isImportedCall, isPromiseJoin } from './called.ts'
import { primitiveCall } from './module.ts'
import { redeclared } from './redeclared.ts'
import { resolveNames, type Variable } from './scope.ts'
import { mark } from './suspension.ts'
import { withoutUsingInHeads } from './for-using.ts'
import { withoutChains } from './promise-chains.ts'
import { isPromiseMaker, makesPromise, mayGivePromise, settledValue, startsSomething } from './promise-call.ts'
import { awaits, thunkOf } from './thunk.ts'
import { newRoutine, type RoutineUnit, type Unit } from './unit.ts'
import { isMap, markPromises } from './promise-flow.ts'
import { markUncalled } from './uncalled.ts'

export function addRoutine(unit: Unit, node: Node, label: string, parent?: RoutineUnit): RoutineUnit {
  const existing = unit.routines.find((each) => each.node === node)
  if (existing) return existing
  const routine = newRoutine(unit, node, label, parent)
  unit.routines.push(routine)
  node.routine = routine
  discover(unit, routine)
  return routine
}

/** The routine that a callee stands for, made on first sight; `undefined` for host code. */
export function routineOf(unit: Unit, from: RoutineUnit, callee: Node): RoutineUnit | undefined {
  if (isFunction(callee)) return addRoutine(unit, callee, from.name, from)
  if (callee.type !== 'Identifier') return undefined
  const text = callee.name as string
  const variable = callee.variable
  if (variable) {
    const init = variable.init
    if (!isFunction(init) || !init || variable.reassigned || (!init.async && usesCall(init))) return undefined
    const lexical = enclosing(unit, variable.scope.func)
    return lexical ? addRoutine(unit, init.async ? init : awaitingCopy(variable), text, lexical) : undefined
  }
  const known = unit.moduleRoutines.get(text)
  if (known) return known
  const declared = unit.names.declarations.get(text)
  if (!declared?.init || !isFunction(declared.init) || declared.kind === 'let') return undefined
  if (!declared.init.async || declared.init.generator) return undefined
  const node = withoutUsingInHeads(withoutChains(declared.init))
  resolveNames(node)
  markPromises(node)
  const routine = newRoutine(unit, node, text)
  unit.moduleRoutines.set(text, routine)
  unit.routines.push(routine)
  node.routine = routine
  discover(unit, routine)
  return routine
}

/** A plain function that knows how it was called, or has two variables of one name, stays one: its call is a step. */
function usesCall(func: Node): boolean {
  if (redeclared(func)) return true
  if (func.type === 'ArrowFunctionExpression') return false
  let uses = false
  const visit = (node: Node): unknown => {
    if (node !== func && isFunction(node) && node.type !== 'ArrowFunctionExpression') return false
    uses ||= node.type === 'ThisExpression' || node.type === 'MetaProperty'
    uses ||= node.type === 'Identifier' && node.name === 'arguments' && !node.variable
    return !uses
  }
  walk(func, visit)
  return uses
}

function enclosing(unit: Unit, func: Node): RoutineUnit | undefined {
  return unit.routines.find((each) => each.node === func)
}

function discover(unit: Unit, routine: RoutineUnit): void {
  desugarReturns(unit, routine)
  walkOwn(routine.node.body, (node) => {
    if (node.type === 'AwaitExpression') awaited(unit, routine, node)
    else if (node.type === 'ExpressionStatement') floatStatement(unit, routine, node)
  })
  for (const part of [...(routine.node.params as Node[]), routine.node.body]) {
    spawnCalls(unit, routine, part)
    mark(unit, part)
  }
  markUncalled(routine)
}

/** A call that is not awaited where it is written, but somewhere else or never, starts a fiber. */
function spawnCalls(unit: Unit, routine: RoutineUnit, node: Node): void {
  const awaited = node.type === 'AwaitExpression' ? node.argument : undefined
  for (const key of fields(node)) {
    const value: unknown = node[key]
    const visit = (child: unknown, replace: (by: Node) => void): void => {
      if (!isNode(child) || isFunction(child)) return
      const each = child.fansOut ? fanOut(unit, routine, child) : undefined
      if (each) replace(each)
      else if (child !== awaited && runsBeside(unit, routine, child)) replace(spawn(unit, routine, child, true))
      spawnCalls(unit, routine, child)
    }
    if (Array.isArray(value)) {
      value.forEach((each, index) => {
        visit(each, (by) => {
          value[index] = by
        })
      })
    } else {
      visit(value, (by) => {
        node[key] = by
      })
    }
  }
}

function runsBeside(unit: Unit, routine: RoutineUnit, node: Node): boolean {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false
  if (isLocalRoutineCall(unit, routine, node)) return true
  if (!node.floats) return false
  if (isSpawnable(unit, routine, node) || isPromiseJoin(node) || isPromiseMaker(node)) return true
  const kept = [...((node.keptIn as Set<Variable> | undefined) ?? [])]
  return (mayGivePromise(unit, node) || isImportedCall(unit, node)) && kept.every((each) => each.onlyAwaited)
}

function isLocalRoutineCall(unit: Unit, routine: RoutineUnit, node: Node): boolean {
  const { callee } = node
  if (callee.type !== 'Identifier') return false
  const init = callee.variable ? callee.variable.init : unit.names.declarations.get(callee.name as string)?.init
  return isFunction(init) && (init as Node).async === true && routineOf(unit, routine, callee) !== undefined
}

/** `return svc.a()` in an async function awaits what it returns: make that visible. */
function desugarReturns(unit: Unit, routine: RoutineUnit): void {
  const body = routine.node.body as Node
  if (body.type !== 'BlockStatement') {
    const returned = make(body, 'ReturnStatement', { argument: body })
    const wrapped = make(body, 'BlockStatement', { body: [returned] })
    wrapped.scope = {
      node: wrapped,
      parent: routine.node.scope,
      func: routine.node,
      variables: new Map(),
      perIteration: false,
    }
    routine.node.body = wrapped
    routine.node.expression = false
  }
  // A loop with an await in it reads what it goes over to the end: not for what only may be a promise.
  const inLoops = new Set<Node>()
  walkOwn(routine.node.body, (node) => {
    if (node.type === 'ForOfStatement' && !awaits(node)) walkOwn(node, (each) => inLoops.add(each))
    if (node.type !== 'ReturnStatement' || !node.argument) return
    node.argument = awaitedIfPromise(unit, routine, node.argument, inLoops.has(node))
  })
}

function awaitedIfPromise(unit: Unit, routine: RoutineUnit, node: Node, inLoop: boolean): Node {
  if (node.type === 'ConditionalExpression') {
    node.consequent = awaitedIfPromise(unit, routine, node.consequent, inLoop)
    node.alternate = awaitedIfPromise(unit, routine, node.alternate, inLoop)
    return node
  }
  if (node.type === 'LogicalExpression') {
    node.right = awaitedIfPromise(unit, routine, node.right, inLoop)
    return node
  }
  if (node.type === 'SequenceExpression') {
    const expressions = node.expressions as Node[]
    expressions.push(awaitedIfPromise(unit, routine, expressions.pop() as Node, inLoop))
    return node
  }
  const called = node.type === 'ChainExpression' ? (node.expression as Node) : node
  const starts = isSpawnable(unit, routine, called) || isPromiseJoin(node) || isImportedCall(unit, called)
  const local = node.type === 'CallExpression' && node.callee.variable && mayGivePromise(unit, node)
  if (starts || local || isPromiseMaker(node) || node.givesPromise)
    return make(node, 'AwaitExpression', { argument: node })
  if (inLoop || !startsSomething(unit, called)) return node
  // What a plain function gives is awaited where it is called: that it is a promise is meant.
  const meant = !routine.node.async && mayGivePromise(unit, called)
  return make(node, 'AwaitExpression', { argument: node, ...(meant ? {} : { unsure: true }) })
}

function isSpawnable(unit: Unit, routine: RoutineUnit, node: Node): boolean {
  if (node.type !== 'CallExpression') return false
  if (calledDependency(node)) return true
  const primitive = primitiveCall(node, unit.names)
  if (primitive) return ['signal', 'delay', 'retry', 'transaction'].includes(primitive)
  if (isFunction(node.callee)) return node.callee.async === true
  if (node.callee.type !== 'Identifier') return false
  const init = node.callee.variable ? node.callee.variable.init : unit.names.declarations.get(node.callee.name)?.init
  return isFunction(init) && (init as Node).async === true && routineOf(unit, routine, node.callee) !== undefined
}

function floatStatement(unit: Unit, routine: RoutineUnit, node: Node): void {
  const inner = node.expression as Node
  const holder = inner.type === 'UnaryExpression' && inner.operator === 'void' ? inner : node
  const key = holder === node ? 'expression' : 'argument'
  const called = holder[key] as Node
  if (called.type !== 'CallExpression') return
  const isRoutine = isFunction(called.callee)
    ? called.callee.async
    : called.callee.type === 'Identifier' && isSpawnable(unit, routine, called) && !calledDependency(called)
  if (isRoutine && !primitiveCall(called, unit.names)) holder[key] = spawn(unit, routine, called, true)
}

function spawn(unit: Unit, routine: RoutineUnit, node: Node, floating: boolean): Node {
  const target = node.type === 'CallExpression' ? routineOf(unit, routine, node.callee) : undefined
  if (target) {
    link(routine, target, floating)
    return make(node, 'Spawn', { routine: target, arguments: node.arguments })
  }
  if (isPromiseJoin(node) && awaits(node)) joined(unit, routine, node)
  const { thunk, values } = thunkOf(node, routine)
  const made = addRoutine(unit, thunk, routine.name, routine)
  link(routine, made, floating)
  return make(node, 'Spawn', { routine: made, arguments: values })
}

function link(from: RoutineUnit, to: RoutineUnit, floating: boolean): void {
  from.calls.add(to)
  if (floating) from.floats.add(to)
}

/** `xs.map(callback)` as `{ type: 'SpawnEach' }`, when the callback starts something that is to be awaited. */
function fanOut(unit: Unit, routine: RoutineUnit, node: Node): Node | undefined {
  if (node.type === 'SpawnEach') return node
  if (!isMap(node)) return undefined
  const from = node.callee.property.name === 'from'
  const callback = node.arguments[from ? 1 : 0] as Node | undefined
  if (!callback) return undefined
  const items = from ? { ...node, arguments: [node.arguments[0]] } : (node.callee.object as Node)
  const called = isFunction(callback) ? callback : callback.variable?.init
  if (isFunction(called) && !makesPromise(unit, called as Node)) return undefined
  const target = isFunction(callback) || callback.type === 'Identifier' ? routineOf(unit, routine, callback) : undefined
  if (!target) return undefined
  link(routine, target, true)
  return make(node, 'SpawnEach', { routine: target, items })
}

function awaited(unit: Unit, routine: RoutineUnit, node: Node): void {
  const argument = node.argument as Node
  if (argument.type === 'CallExpression') {
    if (isPromiseJoin(argument)) return joined(unit, routine, argument)
    const primitive = primitiveCall(argument, unit.names)
    if (primitive === 'retry') {
      const callback = argument.arguments[1] as Node | undefined
      const target = callback && routineOf(unit, routine, callback)
      if (target) {
        link(routine, target, false)
        node.target = target
      } else refuseRetry(unit, argument)
      return
    }
    if (primitive) return
    const target = routineOf(unit, routine, argument.callee)
    if (target) {
      link(routine, target, false)
      node.target = target
    }
  }
}

function refuseRetry(unit: Unit, node: Node): void {
  unit.diagnostics.refuse(
    node,
    'COMPILE_RETRY',
    'retry() needs options and a function written here or in this module',
    "Write `await retry({ attempts: 5, backoff: '1s' }, () => payments.charge(pledge))`.",
  )
}

function startsInList(unit: Unit, routine: RoutineUnit, node: Node): boolean {
  return (
    isSpawnable(unit, routine, node) || isPromiseJoin(node) || isImportedCall(unit, node) || mayGivePromise(unit, node)
  )
}

function joined(unit: Unit, routine: RoutineUnit, node: Node): void {
  const list = node.arguments[0] as Node
  const spread = fanOut(unit, routine, list)
  if (spread) {
    node.arguments[0] = spread
    return
  }
  if (list.type === 'CallExpression' && list.callee.property?.name === 'flatMap')
    unit.diagnostics.refuse(
      list,
      'COMPILE_ASYNC_CALLBACK',
      'Calls that are made in a callback of `flatMap` are not known as calls',
      'Use `map` with one call each, or push the calls to a list in a loop and give that to Promise.all.',
    )
  if (list.type !== 'ArrayExpression') return
  ;(list.elements as (Node | null)[]).forEach((each, index) => {
    if (!each) return
    const settled = settledValue(each)
    if (settled) list.elements[index] = settled
    else if (each.type === 'SpreadElement') {
      const inner = fanOut(unit, routine, each.argument)
      if (inner) each.argument = inner
    } else if (startsInList(unit, routine, each)) {
      list.elements[index] = spawn(unit, routine, each, true)
    }
  })
}
