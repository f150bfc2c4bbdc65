/** Assignments and patterns with suspensions in them. */
import { asStatement, isStable, keep, logicalTest, lowerOperands } from './operand.ts'
import { assign, binary, literal, make, member, nothing, statement, type Node } from '../ast.ts'
import { label, slotNode } from '../builder.ts'
import type { Lowering } from './lowering.ts'

export function lowerAssignment(l: Lowering, node: Node): Node {
  const operator = node.operator as string
  const left = node.left as Node
  if (left.type === 'ObjectPattern' || left.type === 'ArrayPattern') {
    const value = keep(l, l.expression(node.right))
    lowerPattern(l, left, value)
    return value
  }
  if (['&&=', '||=', '??='].includes(operator)) return lowerLogicalAssignment(l, node)
  const target =
    left.type === 'Identifier' ? left : lowerTarget(l, left, node.right.suspends === true || operator !== '=')
  if (operator === '=') return rewritten(node, target, l.expression(node.right))
  const before = l.spill(target)
  return rewritten(node, target, binary(node, operator.slice(0, -1), before, l.expression(node.right)))
}

function rewritten(node: Node, left: Node, right: Node): Node {
  return { ...assign(node, left, right), made: false }
}

/** A member target whose object and key are evaluated once. */
function lowerTarget(l: Lowering, node: Node, hold: boolean): Node {
  const [object, property] = lowerOperands(l, [node.object, node.computed ? node.property : null])
  const held = hold ? keep(l, object as Node) : object
  return make(node, node.type, {
    object: held,
    property: property ? (hold ? keep(l, property) : property) : node.property,
    computed: node.computed,
    optional: false,
  })
}

function lowerLogicalAssignment(l: Lowering, node: Node): Node {
  const target = node.left.type === 'Identifier' ? (node.left as Node) : lowerTarget(l, node.left, true)
  const result = l.temporary()
  const end = label()
  l.store(result, target)
  l.jumpIf(logicalTest(node, slotNode(node, result)), end, true)
  l.store(result, l.expression(node.right))
  l.run(statement(rewritten(node, target, slotNode(node, result))))
  l.place(end)
  return slotNode(node, result)
}

export function lowerUpdate(l: Lowering, node: Node): Node {
  return make(node, node.type, {
    operator: node.operator,
    prefix: node.prefix,
    argument: lowerTarget(l, node.argument, false),
  })
}

/** Destructures `value` (a stable expression) step by step, because a default or a key in the pattern suspends. */
export function lowerPattern(l: Lowering, pattern: Node, value: Node): void {
  if (!pattern.suspends) {
    const bare = pattern.type !== 'AssignmentPattern'
    const target = bare ? pattern : make(pattern, 'ArrayPattern', { elements: [pattern] })
    l.run(asStatement(assign(pattern, target, bare ? value : make(pattern, 'ArrayExpression', { elements: [value] }))))
    return
  }
  if (pattern.type === 'ObjectPattern') lowerObjectPattern(l, pattern, value)
  else if (pattern.type === 'ArrayPattern') lowerArrayPattern(l, pattern, value)
  else if (pattern.type === 'AssignmentPattern') {
    const result = l.temporary()
    const end = label()
    l.store(result, value)
    l.jumpIf(binary(pattern, '!==', slotNode(pattern, result), nothing(pattern)), end, true)
    l.store(result, l.expression(pattern.right))
    l.place(end)
    lowerPattern(l, pattern.left, slotNode(pattern, result))
  } else l.run(asStatement(assign(pattern, targetFirst(l, pattern), value)))
}

function lowerObjectPattern(l: Lowering, pattern: Node, value: Node): void {
  const source = isStable(value) ? value : l.spill(value)
  const taken: Node[] = []
  for (const each of pattern.properties as Node[]) {
    if (each.type === 'RestElement') {
      const properties = taken.map((key) =>
        make(key, 'Property', {
          key,
          value: slotNode(key, l.temporary()),
          kind: 'init',
          computed: true,
          method: false,
          shorthand: false,
        }),
      )
      const rest = make(each, 'RestElement', { argument: targetFirst(l, each.argument) })
      l.run(asStatement(assign(each, make(pattern, 'ObjectPattern', { properties: [...properties, rest] }), source)))
      continue
    }
    const plain = !each.computed && each.key.type === 'Identifier'
    const key = each.computed
      ? keep(l, l.expression(each.key))
      : plain
        ? literal(each, each.key.name as string)
        : (each.key as Node)
    taken.push(key)
    const target = targetFirst(l, each.value)
    lowerPattern(l, target, l.spill(member(each, source, key)))
  }
}

/** A part of a pattern whose member target is evaluated: that comes before the value is read, and before a default. */
function targetFirst(l: Lowering, node: Node): Node {
  if (node.type === 'AssignmentPattern') {
    const left = targetFirst(l, node.left)
    return left === node.left ? node : { ...node, left }
  }
  return node.type === 'MemberExpression' ? lowerTarget(l, node, true) : node
}

function lowerArrayPattern(l: Lowering, pattern: Node, value: Node): void {
  const elements = pattern.elements as (Node | null)[]
  const rest = elements.at(-1)?.type === 'RestElement'
  const holes = elements.map(
    (each) =>
      each &&
      make(
        each,
        each.type === 'RestElement' ? 'RestElement' : 'Slot',
        each.type === 'RestElement' ? { argument: slotNode(each, l.temporary()) } : { slot: l.temporary() },
      ),
  )
  l.run(asStatement(assign(pattern, make(pattern, 'ArrayPattern', { elements: holes }), value)))
  elements.forEach((each, index) => {
    const hole = holes[index]
    if (!each || !hole) return
    if (rest && each.type === 'RestElement') lowerPattern(l, each.argument, hole.argument as Node)
    else lowerPattern(l, targetFirst(l, each), hole)
  })
}
