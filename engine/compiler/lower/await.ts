/** What an `await` becomes: a routine call, a join, a durable wait, a retry loop, or a step of host code. */
import { lowerChain } from './chain.ts'
import { checkCallee, chosen, keep, lowerOperands, receiver } from './operand.ts'
import type { JoinMode } from '../../program/op.ts'
import { array, call, literal, make, member, name, nothing, walk, isFunction, type Node } from '../ast.ts'
import { label, slotNode } from '../builder.ts'
import { isPromiseJoin } from '../called.ts'
import { primitiveCall } from '../module.ts'
import { isImpure } from '../purity.ts'
import { signalSite } from '../signal-site.ts'
import { stepSite } from '../step-site.ts'
import type { RoutineUnit } from '../unit.ts'
import type { Lowering } from './lowering.ts'

export function lowerAwait(l: Lowering, node: Node): Node {
  const argument = taken(l, node.argument)
  const distributed = distribute(node, argument)
  if (distributed) return l.expression(distributed)
  if (argument.type === 'ChainExpression' && argument.suspends) return lowerChain(l, argument, node)
  if (argument.type === 'CallExpression') {
    if (isPromiseJoin(argument)) return lowerJoin(l, argument)
    const primitive = primitiveCall(argument, l.unit.names)
    if (primitive === 'retry') return lowerRetry(l, node, argument)
    if (primitive === 'signal' || primitive === 'delay') return lowerWait(l, argument)
    if (node.target) return lowerRoutineCall(l, argument, node.target as RoutineUnit)
  }
  const to = l.temporary()
  const { code, impure } = stepCode(l, unchanging(l, argument))
  l.flush()
  const step = l.builder.step(stepSite(l.unit, argument), argument)
  l.emit({
    op: 'await',
    code: l.code(code),
    step,
    to,
    origin: node,
    ...(impure ? { impure: true } : {}),
    ...(node.unsure ? { unsure: true } : {}),
  })
  return slotNode(node, to)
}

/** What gives a promise without being the call of it is evaluated once, before. */
function taken(l: Lowering, node: Node): Node {
  return node.takesPromise || node.type === 'AssignmentExpression' ? l.spill(l.expression(node)) : node
}

/** What is awaited is asked for again and again: it stays what it was, whatever is assigned meanwhile (`p = p.then(f)`). */
function unchanging(l: Lowering, node: Node): Node {
  return !isCall(node) && isShared(l, node) ? l.spill(l.expression(node)) : node
}

/** `await (a ? b() : c())` awaits in the branches, so that each is the step it looks like. */
function distribute(node: Node, argument: Node): Node | undefined {
  const wait = (each: Node): Node => make(node, 'AwaitExpression', { argument: each, suspends: true })
  if (argument.type === 'ConditionalExpression') {
    return make(argument, argument.type, {
      test: argument.test,
      consequent: wait(argument.consequent),
      alternate: wait(argument.alternate),
      suspends: true,
    })
  }
  if (argument.type === 'LogicalExpression' && !argument.awaited && isCall(argument.right)) {
    return wait(
      make(argument, argument.type, {
        operator: argument.operator,
        left: argument.left,
        right: wait(argument.right),
        suspends: true,
        awaited: true,
      }),
    )
  }
  if (argument.type === 'SequenceExpression') {
    const expressions = argument.expressions as Node[]
    const last = expressions.at(-1) as Node
    return make(argument, argument.type, { expressions: [...expressions.slice(0, -1), wait(last)], suspends: true })
  }
  return undefined
}

function isCall(node: Node): boolean {
  return node.type === 'CallExpression' || node.type === 'ChainExpression' || node.type === 'NewExpression'
}

/** The expression that a step evaluates late; what must not be evaluated again is computed before, into slots. */
export function stepCode(l: Lowering, node: Node): { code: Node; impure: boolean } {
  if (node.type === 'CallExpression' || node.type === 'NewExpression') {
    const callee = node.callee as Node
    const method = callee.type === 'MemberExpression'
    const decided = (node.arguments as Node[]).some((each) => each.suspends) ? chosen(l, callee) : receiver(callee)
    const inner = method ? receiver(callee.object) : decided
    if (!method) checkCallee(l, inner, node.arguments)
    const operands: (Node | null)[] = [inner, method && callee.computed ? callee.property : null, ...node.arguments]
    const settled = settle(l, lowerOperands(l, operands), inner)
    const [object, property, ...args] = settled
    const target = method
      ? make(callee, callee.type, {
          object,
          property: property ?? callee.property,
          computed: callee.computed,
          optional: false,
        })
      : object
    return { code: make(node, node.type, { callee: target, arguments: args, optional: false }), impure: false }
  }
  const lowered = l.expression(node)
  return { code: lowered, impure: isImpure(l.unit, lowered) }
}

/** Spills operands up to the last one that could come out differently a second time. */
function settle(l: Lowering, operands: (Node | null)[], callee: Node): (Node | null)[] {
  let last = -1
  operands.forEach((each, index) => {
    if (index > 0 && each && isImpure(l.unit, each)) last = index
  })
  return operands.map((each, index) => {
    if (!each) return null
    if (each === callee || index === 0) return index < last && isImpureTarget(each) ? keep(l, each) : each
    if (index <= last || isShared(l, each)) return keep(l, each)
    return each
  })
}

/** A local whose binding may be written between the arguments. */
function isImpureTarget(node: Node): boolean {
  return node.type === 'Identifier' && node.variable?.reassigned === true
}

/** What another fiber may write before the step starts: variables, and what is in objects. */
function isShared(l: Lowering, node: Node): boolean {
  if (isFunction(node)) return false
  let shared = false
  let reads = false
  let fixed = false
  walk(node, (each) => {
    const variable = each.type === 'Identifier' ? each.variable : undefined
    if (variable?.reassigned && (variable.captured.size > 0 || variable.owner !== l.routine.node)) shared = true
    if (each.type === 'MemberExpression' && isLocal(each)) reads = true
    if (isFunction(each) || variable?.kind.endsWith('using')) fixed = true
    return !isFunction(each)
  })
  return shared || (reads && !fixed && l.unit.routines.some((each) => each.floats.size > 0))
}

/** A member of what a local holds. */
function isLocal(node: Node): boolean {
  let root = node
  while (root.type === 'MemberExpression' || root.type === 'CallExpression') root = (root.object ?? root.callee) as Node
  if (root.type === 'Slot') return true
  return root.variable !== undefined && root.variable.dependency === undefined && root.variable.special === undefined
}

function lowerWait(l: Lowering, node: Node): Node {
  const to = l.temporary()
  const args = lowerOperands(l, node.arguments)
  const wait = make(node, node.type, { callee: node.callee, arguments: args, optional: false })
  const pc = l.emit({ op: 'wait', code: l.code(wait), to, origin: node })
  signalSite(l, node, pc)
  return slotNode(node, to)
}

export function lowerRoutineCall(l: Lowering, node: Node, target: RoutineUnit): Node {
  const to = l.temporary()
  const args = array(node, lowerOperands(l, node.arguments))
  l.flush()
  l.emit({ op: 'call', routine: target.index, args: l.code(args), to, origin: node })
  return slotNode(node, to)
}

function lowerJoin(l: Lowering, node: Node): Node {
  const to = l.temporary()
  const list = l.spill(asList(l.expression(node.arguments[0])))
  const mode = node.callee.property.name as JoinMode
  l.flush()
  l.emit({ op: 'join', code: l.code(list), mode, to, origin: node })
  return slotNode(node, to)
}

/** Handles are asked for again and again: what is no list becomes one, once. */
function asList(node: Node): Node {
  return node.type === 'ArrayExpression' || node.type === 'Slot'
    ? node
    : call(node, member(node, name(node, '$e'), 'list'), [node])
}

/** `retry(options, body)`: call the body; on an error, wait and call again, until the options say no. */
function lowerRetry(l: Lowering, node: Node, argument: Node): Node {
  const target = node.target as RoutineUnit | undefined
  if (!target) return nothing(node)
  const to = l.temporary()
  const attempt = l.temporary()
  const error = l.temporary()
  const options = l.spill(l.expression(argument.arguments[0]))
  l.store(attempt, literal(node, 0))
  const again = l.here()
  const failed = label()
  const end = label()
  l.store(
    attempt,
    make(node, 'BinaryExpression', { operator: '+', left: slotNode(node, attempt), right: literal(node, 1) }),
  )
  const from = l.here()
  l.emit({ op: 'call', routine: target.index, args: l.code(array(node, [])), to, origin: argument })
  l.jump(node, end)
  const until = l.here()
  l.builder.rows.push({ from, to: until, handler: failed, slot: error, kind: 'catch' })
  l.place(failed)
  const plan = call(node, member(node, name(node, '$e'), 'retry'), [
    options,
    slotNode(node, attempt),
    slotNode(node, error),
  ])
  l.emit({ op: 'wait', code: l.code(plan), origin: argument })
  l.jump(node, again)
  l.place(end)
  return slotNode(node, to)
}
