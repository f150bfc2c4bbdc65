/** Declarations and patterns of variables that live in slots, as assignments to these. */
import { make, nothing, type Node } from './ast.ts'
import { isRoutineOnly } from './place.ts'
import { holdsSlot } from './slots.ts'

type Written = (node: Node) => Node

export function declaresSlots(declaration: Node): boolean {
  return (declaration.declarations as Node[]).some((each) => holdsSlot(each.id))
}

/** Without the functions that only exist as routines; the same node when it has none. */
export function withoutRoutines(declaration: Node): Node {
  const all = declaration.declarations as Node[]
  const declarations = all.filter((each) => !(each.init && each.id.variable && isRoutineOnly(each.id.variable)))
  return declarations.length === all.length
    ? declaration
    : make(declaration, declaration.type, { ...declaration, declarations })
}

/** The assignments of a declaration of slots as one expression, if it makes any. */
export function assignmentsOf(declaration: Node, target: Written, value: Written): Node | undefined {
  const expressions = (declaration.declarations as Node[]).flatMap((each): Node[] => {
    if (!each.init && declaration.kind === 'var') return []
    const left = target(each.id)
    const right = each.init ? value(each.init) : nothing(each)
    return [make(each, 'AssignmentExpression', { operator: '=', left, right })]
  })
  return expressions.length > 1 ? make(declaration, 'SequenceExpression', { expressions }) : expressions[0]
}

/** A pattern with its targets and expressions written; `undefined` for what is none. */
export function patternOf(node: Node, target: Written, value: Written): Node | undefined {
  switch (node.type) {
    case 'ObjectPattern':
      return make(node, node.type, {
        properties: (node.properties as Node[]).map((each) =>
          each.type === 'RestElement'
            ? make(each, each.type, { argument: target(each.argument) })
            : make(each, 'Property', {
                key: each.computed ? value(each.key) : each.key,
                value: target(each.value),
                kind: 'init',
                method: false,
                shorthand: false,
                computed: each.computed,
              }),
        ),
      })
    case 'ArrayPattern':
      return make(node, node.type, { elements: (node.elements as (Node | null)[]).map((each) => each && target(each)) })
    case 'RestElement':
      return make(node, node.type, { argument: target(node.argument) })
    case 'AssignmentPattern':
      return make(node, node.type, { left: target(node.left), right: value(node.right) })
    default:
      return undefined
  }
}
