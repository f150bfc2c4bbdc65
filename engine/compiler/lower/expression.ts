/**
 * Expressions with suspensions in them. `lowerExpression` emits what must happen before and gives an expression without
 * suspension; operands that come before a suspension are kept in slots, in the order of evaluation.
 */
import { array, make, nothing, type Node } from '../ast.ts'
import { label, slotNode } from '../builder.ts'
import { lowerAssignment, lowerUpdate } from './assignment.ts'
import { lowerAwait } from './await.ts'
import { lowerChain } from './chain.ts'
import { asStatement, checkCallee, chosen, logicalTest, lowerOperands, receiver, unsequenced } from './operand.ts'
import { lowerSpawn, lowerSpawnEach } from './fiber.ts'
import type { Lowering } from './lowering.ts'
import { refusePlace } from './refuse-place.ts'

export function lowerExpression(l: Lowering, node: Node): Node {
  if (!node.suspends) return node
  switch (node.type) {
    case 'AwaitExpression':
      return lowerAwait(l, node)
    case 'Spawn':
      return lowerSpawn(l, node)
    case 'SpawnEach':
      return lowerSpawnEach(l, node)
    case 'BinaryExpression': {
      const [left, right] = lowerOperands(l, [node.left, node.right])
      return make(node, node.type, { operator: node.operator, left, right })
    }
    case 'LogicalExpression':
      return lowerLogical(l, node)
    case 'ConditionalExpression':
      return lowerConditional(l, node)
    case 'AssignmentExpression':
      return lowerAssignment(l, node)
    case 'UpdateExpression':
      return lowerUpdate(l, node)
    case 'UnaryExpression':
      if (node.operator === 'delete' && node.argument.type === 'ChainExpression')
        return lowerChain(l, node.argument, node)
      if (node.operator === 'delete') {
        const [object, property] = lowerOperands(l, [
          node.argument.object,
          node.argument.computed ? node.argument.property : null,
        ])
        return make(node, node.type, {
          ...node,
          argument: { ...node.argument, object, ...(property ? { property } : {}), suspends: false },
          suspends: false,
        })
      }
      return make(node, node.type, {
        operator: node.operator,
        prefix: true,
        argument: lowerExpression(l, node.argument),
      })
    case 'SequenceExpression': {
      const expressions = node.expressions as Node[]
      for (const each of expressions.slice(0, -1)) l.run(asStatement(lowerExpression(l, each)))
      return lowerExpression(l, expressions.at(-1) as Node)
    }
    case 'MemberExpression': {
      const [object, property] = lowerOperands(l, [node.object, node.computed ? node.property : null])
      return make(node, node.type, {
        object,
        property: property ?? node.property,
        computed: node.computed,
        optional: false,
      })
    }
    case 'CallExpression':
      return lowerCall(l, node)
    case 'NewExpression': {
      const made = chosen(l, unsequenced(l, node.callee))
      checkCallee(l, made, node.arguments)
      const [callee, ...args] = lowerOperands(l, [made, ...node.arguments])
      return make(node, node.type, { callee, arguments: args })
    }
    case 'ArrayExpression':
      return array(node, lowerOperands(l, node.elements))
    case 'ObjectExpression':
      return lowerObject(l, node)
    case 'TemplateLiteral':
      return make(node, node.type, {
        quasis: node.quasis,
        expressions: lowerOperands(l, node.expressions, 'text'),
      })
    case 'TaggedTemplateExpression':
      return lowerTagged(l, node)
    case 'ChainExpression':
      return lowerChain(l, node)
    case 'SpreadElement':
      return make(node, node.type, { argument: lowerExpression(l, node.argument) })
    default:
      refusePlace(l, node)
      return nothing(node)
  }
}

function lowerLogical(l: Lowering, node: Node): Node {
  const result = l.temporary()
  const end = label()
  l.store(result, lowerExpression(l, node.left))
  l.jumpIf(logicalTest(node, slotNode(node, result)), end, true)
  l.store(result, lowerExpression(l, node.right))
  l.place(end)
  return slotNode(node, result)
}

function lowerConditional(l: Lowering, node: Node): Node {
  const result = l.temporary()
  const other = label()
  const end = label()
  l.jumpIf(lowerExpression(l, node.test), other, false)
  l.store(result, lowerExpression(l, node.consequent))
  l.jump(node, end)
  l.place(other)
  l.store(result, lowerExpression(l, node.alternate))
  l.place(end)
  return slotNode(node, result)
}

function lowerCall(l: Lowering, node: Node): Node {
  const named = unsequenced(l, node.callee)
  const callee = named.type === 'MemberExpression' ? named : chosen(l, named)
  if (callee.type !== 'MemberExpression') {
    checkCallee(l, callee, node.arguments)
    const [target, ...args] = lowerOperands(l, [callee, ...node.arguments])
    return make(node, node.type, { callee: target, arguments: args, optional: false })
  }
  const [object, property, ...args] = lowerOperands(l, [
    receiver(callee.object),
    callee.computed ? callee.property : null,
    ...node.arguments,
  ])
  const method = make(callee, callee.type, {
    object,
    property: property ?? callee.property,
    computed: callee.computed,
    optional: false,
  })
  return make(node, node.type, { callee: method, arguments: args, optional: false })
}

function lowerObject(l: Lowering, node: Node): Node {
  const parts = (node.properties as Node[]).flatMap((each) =>
    each.type === 'SpreadElement' ? [each] : [each.computed ? (each.key as Node) : null, each.value as Node],
  )
  const lowered = lowerOperands(l, parts, 'object')
  let index = 0
  const properties = (node.properties as Node[]).map((each) => {
    if (each.type === 'SpreadElement') return lowered[index++] as Node
    const key = lowered[index++] ?? each.key
    return make(each, each.type, { ...each, key, value: lowered[index++], suspends: false, shorthand: false })
  })
  return make(node, node.type, { properties })
}

/** The strings object of a tagged template is made once per place, as the language says: by the region that calls the tag. */
function lowerTagged(l: Lowering, node: Node): Node {
  const tag = unsequenced(l, node.tag)
  const quasi = node.quasi as Node
  const isMethod = tag.type === 'MemberExpression'
  const [first, property, ...expressions] = lowerOperands(l, [
    isMethod ? tag.object : tag,
    isMethod && tag.computed ? tag.property : null,
    ...quasi.expressions,
  ])
  const callee = isMethod
    ? make(tag, tag.type, { ...tag, object: first, property: property ?? tag.property, suspends: false })
    : first
  return make(node, node.type, { tag: callee, quasi: make(quasi, quasi.type, { quasis: quasi.quasis, expressions }) })
}
