/** Loops with suspensions in them. Variables that closures of the body keep are in a fresh object per iteration. */
import { asStatement } from './operand.ts'
import { assign, call, isFunction, literal, make, member, name, walk, type Node } from '../ast.ts'
import { label, slotNode, type Label } from '../builder.ts'
import { calledDependency } from '../called.ts'
import { stepSite } from '../step-site.ts'
import { lowerPattern } from './assignment.ts'
import type { Lowering } from './lowering.ts'

/** Lowers a loop's body with its targets; `again` and `leave` are placed by the caller. */
function body(l: Lowering, node: Node, labels: readonly string[], leave: Label, again: Label): void {
  l.targets.push({ labels, leave, again })
  l.statement(node)
  l.targets.pop()
}

export function lowerWhile(l: Lowering, node: Node, labels: readonly string[]): void {
  const leave = label()
  const again = l.here()
  const endless = node.test.type === 'Literal' && node.test.value === true
  if (!endless) l.jumpIf(l.expression(node.test), leave, false)
  body(l, node.body, labels, leave, again)
  l.jump(node, again)
  l.place(leave)
}

export function lowerDoWhile(l: Lowering, node: Node, labels: readonly string[]): void {
  const leave = label()
  const again = label()
  const start = l.here()
  body(l, node.body, labels, leave, again)
  l.place(again)
  l.jumpIf(l.expression(node.test), start, true)
  l.place(leave)
}

export function lowerFor(l: Lowering, node: Node, labels: readonly string[]): void {
  const leave = label()
  const again = label()
  l.openBox(node)
  checkHead(l, node)
  if (node.init) {
    if (node.init.type === 'VariableDeclaration') l.statement(node.init)
    else l.run(asStatement(l.expression(node.init)))
  }
  const start = l.here()
  if (node.test) l.jumpIf(l.expression(node.test), leave, false)
  body(l, node.body, labels, leave, again)
  l.place(again)
  if (node.box) l.openBox(node, slotNode(node, node.box as string))
  if (node.update) l.run(asStatement(l.expression(node.update)))
  l.jump(node, start)
  l.place(leave)
}

/** A function made in the head sees the variables of the head as they were before the first turn, for ever. */
function checkHead(l: Lowering, node: Node): void {
  if (node.init?.type !== 'VariableDeclaration' || node.init.kind === 'var') return
  for (const { id, init } of node.init.declarations as Node[]) {
    if (!init) continue
    walk(init, (each) => {
      const { variable } = each
      if (each.type !== 'Identifier' || !variable || variable.scope !== node.scope) return
      if (variable === id.variable || !isInFunction(init, each)) return
      l.refuse(
        each,
        'COMPILE_FOR_HEAD',
        `A function in the head of a \`for\` has its own \`${variable.name}\`, which no turn changes`,
        'Make the function before the loop, over a variable of its own, or in the body.',
      )
    })
  }
}

function isInFunction(root: Node, wanted: Node): boolean {
  let found = false
  walk(root, (node) => {
    if (!isFunction(node)) return
    walk(node, (each) => {
      if (each === wanted) found = true
    })
  })
  return found
}

export function lowerForIn(l: Lowering, node: Node, labels: readonly string[]): void {
  iterate(l, node, labels, engineCall(node.right, 'loopKeys', [l.expression(node.right)]))
}

export function lowerForOf(l: Lowering, node: Node, labels: readonly string[]): void {
  if (!node.await || node.awaitsEach) return iterate(l, node, labels, begin(l, node.right))
  const right = l.expression(node.right)
  const to = l.temporary()
  l.flush()
  const step = l.builder.step(
    { ...stepSite(l.unit, right), ...(isCall(right) ? {} : { arity: 0, read: false }) },
    node.right,
  )
  l.emit({ op: 'await', code: l.code(engineCall(node.right, 'gather', [right])), step, to, origin: node.right })
  iterate(l, node, labels, engineCall(node.right, 'loopRead', [slotNode(node, to)]))
}

const GIVES = new Set(['keys', 'values', 'entries'])

/** `xs.entries()` is gone over live too: no iterator can be stored, but what it is of, and how far it is. */
function begin(l: Lowering, right: Node): Node {
  const callee = right.type === 'CallExpression' && right.arguments.length === 0 ? (right.callee as Node) : undefined
  const gives = callee?.type === 'MemberExpression' && !callee.computed && (callee.property.name as string)
  if (!gives || !GIVES.has(gives) || right.optional || callee.optional || calledDependency(right))
    return engineCall(right, 'loop', [l.expression(right)])
  return engineCall(right, 'loop', [l.expression(callee.object), literal(right, gives)])
}

function isCall(node: Node): boolean {
  return node.type === 'CallExpression' && !isFunction(node.callee)
}

function engineCall(origin: Node, primitive: string, args: readonly Node[]): Node {
  return call(origin, member(origin, name(origin, '$e'), primitive), args)
}

function awaitOf(node: Node, argument: Node): Node {
  return make(node.right, 'AwaitExpression', { argument, suspends: true })
}

/** A cursor in a slot knows the turn; it is stored as what it goes over and a position. */
function iterate(l: Lowering, node: Node, labels: readonly string[], begun: Node): void {
  const leave = label()
  const cursor = l.spill(begun)
  const again = l.here()
  l.jumpIf(engineCall(node, 'advance', [cursor]), leave, false)
  const turn = engineCall(node, 'item', [cursor])
  const item = node.awaitsEach ? l.expression(awaitOf(node, l.spill(turn))) : turn
  l.openBox(node)
  const left = node.left.type === 'VariableDeclaration' ? (node.left.declarations[0].id as Node) : (node.left as Node)
  if (left.suspends) lowerPattern(l, left, l.spill(item))
  else l.run(asStatement(assign(left, left, item)))
  body(l, node.body, labels, leave, again)
  l.jump(node, again)
  l.place(leave)
}
