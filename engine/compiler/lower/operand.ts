/** Operands: evaluated from left to right, kept in slots where something suspends after them. */
import { array, binary, isFunction, literal, make, not, nothing, type Node } from '../ast.ts'
import type { Lowering } from './lowering.ts'

export function asStatement(node: Node): Node {
  return make(node, 'ExpressionStatement', { expression: node })
}

/** Operands evaluated from left to right; what is evaluated before a later suspension is kept. */
export function lowerOperands(l: Lowering, nodes: readonly (Node | null)[], into: Holder = 'array'): (Node | null)[] {
  let last = -1
  nodes.forEach((each, index) => {
    if (each?.suspends) last = index
  })
  return nodes.map((each, index) => {
    if (!each) return null
    const lowered = l.expression(each)
    return index < last ? keep(l, lowered, into) : lowered
  })
}

/** The value of an operand, safe from what is evaluated after it. A spread is made at its time, into what it is part of. */
export function keep(l: Lowering, node: Node, into: Holder = 'array'): Node {
  if (isStable(node) && (into !== 'text' || node.type === 'Literal')) return node
  if (into === 'text') return l.spill(asText(node))
  if (node.type !== 'SpreadElement') return l.spill(node)
  const spread = into === 'array' ? array(node, [node]) : make(node, 'ObjectExpression', { properties: [node] })
  return make(node, node.type, { argument: l.spill(spread) })
}

/** What operands become part of; in a text they are converted one by one. */
type Holder = 'array' | 'object' | 'text'

function asText(node: Node): Node {
  const quasi = (tail: boolean): Node => make(node, 'TemplateElement', { value: { raw: '', cooked: '' }, tail })
  return make(node, 'TemplateLiteral', { quasis: [quasi(false), quasi(true)], expressions: [node] })
}

/** Evaluates to the same whenever it is evaluated. */
export function isStable(node: Node): boolean {
  if (node.type === 'Literal' || node.type === 'Slot' || node.type === 'ClassExpression' || isFunction(node))
    return true
  if (node.type === 'Property' || node.steady) return true
  if (node.type !== 'Identifier') return false
  const { variable } = node
  return !variable || (!variable.reassigned && variable.kind !== 'var') || variable.dependency !== undefined
}

/** True when a logical operator stops at its left operand. */
export function logicalTest(node: Node, left: Node): Node {
  const operator = (node.operator as string).replace('=', '')
  if (operator === '||') return left
  if (operator === '&&') return not(left)
  return binary(node, '!=', left, make(node, 'Literal', { value: null, raw: 'null' }))
}

/** What is called, or a method of: of a module, global (`Temporal.Duration`) or dependency it is what it was a moment ago. */
export function receiver(node: Node): Node {
  return isOfModule(node) ? { ...node, steady: true } : node
}

function isOfModule(node: Node): boolean {
  if (node.type === 'Identifier') return !node.variable || node.variable.dependency !== undefined
  return node.type === 'MemberExpression' && !node.computed && !node.optional && isOfModule(node.object)
}

/** `(log(), f)(x)`: what comes before is done before, so that the name is what is kept. A member would become a method. */
export function unsequenced(l: Lowering, callee: Node): Node {
  if (callee.type !== 'SequenceExpression') return callee
  const expressions = callee.expressions as Node[]
  const last = expressions.at(-1) as Node
  if (last.type !== 'Identifier') return callee
  for (const each of expressions.slice(0, -1)) l.run(asStatement(l.expression(each)))
  return last
}

/**
 * `(big ? f : g)(x)`, `(on && f)(x)`: which one is decided before the arguments, and it is read again after them. `when`
 * guards what is evaluated on one way only.
 */
export function chosen(l: Lowering, callee: Node, when: Guard = (node) => node): Node {
  if (callee.type === 'ConditionalExpression') return chosenByTest(l, callee, when)
  if (callee.type === 'LogicalExpression') return chosenByLeft(l, callee, when)
  return receiver(callee)
}

type Guard = (node: Node) => Node

function chosenByTest(l: Lowering, callee: Node, when: Guard): Node {
  if (callee.consequent.suspends || callee.alternate.suspends) return callee
  const test = isStable(callee.test) ? (callee.test as Node) : l.spill(when(l.expression(callee.test)))
  const consequent = chosen(l, callee.consequent, (node) => when(either(node, test, node, nothing(node))))
  const alternate = chosen(l, callee.alternate, (node) => when(either(node, test, nothing(node), node)))
  return { ...either(callee, test, consequent, alternate), steady: isStable(consequent) && isStable(alternate) }
}

function chosenByLeft(l: Lowering, callee: Node, when: Guard): Node {
  if (callee.left.suspends || callee.right.suspends) return callee
  const left = leftOf(l, callee, when)
  const right = chosen(l, callee.right, (node) => when(either(node, logicalTest(callee, left), nothing(node), node)))
  return { ...callee, left, right, suspends: false, steady: isStable(right) }
}

/** Of `f && g` only whether to go on is needed, which can be kept whatever `f` is. */
function leftOf(l: Lowering, callee: Node, when: Guard): Node {
  const left = chosen(l, callee.left, when)
  if (isStable(left)) return left
  if (callee.operator !== '&&') return l.spill(when(left))
  return l.spill(when(make(left, 'LogicalExpression', { operator: '&&', left, right: literal(left, true) })))
}

function either(origin: Node, test: Node, consequent: Node, alternate: Node): Node {
  return make(origin, 'ConditionalExpression', { test, consequent, alternate })
}

/** What is called over awaits in its arguments must be there after them: a name is, what a call gives is not. */
export function checkCallee(l: Lowering, callee: Node, args: readonly (Node | null)[]): void {
  const chooses = callee.type === 'ConditionalExpression' || callee.type === 'LogicalExpression'
  if (callee.type !== 'CallExpression' && !(chooses && !callee.steady && !callee.suspends)) return
  if (!args.some((each) => each?.suspends)) return
  l.refuse(
    callee,
    'COMPILE_NOT_STORED',
    `What this ${chooses ? 'chooses' : 'call gives'} is a function, which cannot be kept over the await in its arguments`,
    'Await the arguments into locals before it.',
  )
}
