/** Optional chains with suspensions in them: `a?.b(await c)?.d`. */
import { chosen, keep, lowerOperands } from './operand.ts'
import { literal, make, nothing, type Node } from '../ast.ts'
import { label, slotNode, type Label } from '../builder.ts'
import type { Lowering } from './lowering.ts'

/** `around` is what is done with the value at its end, if it has one: a `delete` (true when the chain stops), an `await`. */
export function lowerChain(l: Lowering, node: Node, around?: Node): Node {
  const deletes = around?.type === 'UnaryExpression'
  const result = l.temporary()
  const stop = label()
  l.store(result, deletes ? literal(node, true) : nothing(node))
  const end = link(l, node.expression, stop)
  l.store(result, around ? l.expression({ ...around, argument: asOperand(end), suspends: !deletes }) : end)
  l.place(stop)
  return slotNode(node, result)
}

/** One element of the chain; leaves to `stop` when an optional one finds nothing. */
function link(l: Lowering, node: Node, stop: Label): Node {
  if (node.type === 'MemberExpression') {
    const object = stopIfNothing(l, node, link(l, node.object, stop), stop)
    const [kept, property] = lowerOperands(l, [asOperand(object), node.computed ? node.property : null])
    return make(node, node.type, {
      object: kept,
      property: property ?? node.property,
      computed: node.computed,
      optional: false,
    })
  }
  if (node.type === 'CallExpression') {
    const callee = node.callee as Node
    if (callee.type === 'MemberExpression') {
      const owner = keep(l, stopIfNothing(l, callee, link(l, callee.object, stop), stop))
      const property = callee.computed ? keep(l, l.expression(callee.property)) : callee.property
      const method = make(callee, callee.type, { object: owner, property, computed: callee.computed, optional: false })
      if (node.optional) l.jumpIf(isNothing(method), stop, true)
      return make(node, node.type, { callee: method, arguments: lowerOperands(l, node.arguments), optional: false })
    }
    const target = stopIfNothing(l, node, link(l, chosen(l, callee), stop), stop)
    const [kept, ...args] = lowerOperands(l, [asOperand(target), ...node.arguments])
    return make(node, node.type, { callee: kept, arguments: args, optional: false })
  }
  return l.expression(node)
}

function stopIfNothing(l: Lowering, node: Node, value: Node, stop: Label): Node {
  if (!node.optional) return value
  const kept = keep(l, value)
  l.jumpIf(isNothing(kept), stop, true)
  return kept
}

function isNothing(node: Node): Node {
  return make(node, 'BinaryExpression', {
    operator: '==',
    left: node,
    right: make(node, 'Literal', { value: null, raw: 'null' }),
  })
}

/** An operand that is lowered already. */
function asOperand(node: Node): Node {
  return { ...node, suspends: false }
}
