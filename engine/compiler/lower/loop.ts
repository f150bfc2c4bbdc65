/** Loops with suspensions in them. Variables that closures of the body keep are in a fresh object per iteration. */
import { asStatement } from './operand.ts'
import { assign, binary, call, isFunction, literal, member, name, type Node } from '../ast.ts'
import { label, slotNode, type Label } from '../builder.ts'
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

export function lowerForIn(l: Lowering, node: Node, labels: readonly string[]): void {
  const object = l.spill(l.expression(node.right))
  const keys = call(node.right, member(node.right, name(node.right, '$e'), 'keys'), [object])
  iterate(l, node, labels, l.spill(keys), (key) =>
    binary(node, 'in', key, call(node, { type: 'Raw', start: 0, end: 0, node: name(node, 'Object') }, [object])),
  )
}

export function lowerForOf(l: Lowering, node: Node, labels: readonly string[]): void {
  const right = l.expression(node.right)
  const primitive = member(node.right, name(node.right, '$e'), node.await ? 'collect' : 'iterate')
  const items = call(node.right, primitive, [right])
  if (!node.await) return iterate(l, node, labels, l.spill(items))
  const to = l.temporary()
  l.flush()
  const step = l.builder.step(
    { ...stepSite(l.unit, right), ...(isCall(right) ? {} : { arity: 0, read: false }) },
    node.right,
  )
  l.emit({ op: 'await', code: l.code(items), step, to, origin: node.right })
  iterate(l, node, labels, slotNode(node, to))
}

function isCall(node: Node): boolean {
  return node.type === 'CallExpression' && !isFunction(node.callee)
}

/**
 * By position, so that a frame keeps the items and a number, and an array is seen as it is at each turn. What is not there any
 * more at its turn (`for in`) is left out.
 */
function iterate(
  l: Lowering,
  node: Node,
  labels: readonly string[],
  items: Node,
  isThere?: (item: Node) => Node,
): void {
  const leave = label()
  const index = l.temporary()
  const position = slotNode(node, index)
  l.store(index, literal(node, -1))
  const again = l.here()
  l.store(index, binary(node, '+', position, literal(node, 1)))
  l.jumpIf(binary(node, '<', position, member(node, items, 'length')), leave, false)
  const item = member(node, items, position)
  if (isThere) l.jumpIf(isThere(item), again, false)
  l.openBox(node)
  const left = node.left.type === 'VariableDeclaration' ? (node.left.declarations[0].id as Node) : (node.left as Node)
  if (left.suspends) lowerPattern(l, left, l.spill(item))
  else l.run(asStatement(assign(left, left, item)))
  body(l, node.body, labels, leave, again)
  l.jump(node, again)
  l.place(leave)
}
