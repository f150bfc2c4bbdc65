/** Slots in trees: the ones a pattern declares, the ones rewritten code certainly writes. */
import { walkOwn, type Node } from './ast.ts'
import { patternNames } from './scope.ts'

export function holdsSlot(pattern: Node): boolean {
  return patternNames(pattern).some((each) => each.variable?.slot !== undefined)
}

/** Slots that a rewritten statement certainly writes when it does not throw. */
export function definedBy(node: Node): Set<string> {
  const found = new Set<string>()
  if (node.type !== 'ExpressionStatement') return found
  const expressions =
    node.expression.type === 'SequenceExpression' ? (node.expression.expressions as Node[]) : [node.expression as Node]
  for (const each of expressions) {
    if (each.type === 'AssignmentExpression' && each.operator === '=') targets(each.left, found)
  }
  return found
}

function targets(node: Node, found: Set<string>): void {
  if (node.type === 'MemberExpression') {
    if (node.object.type === 'Identifier' && node.object.name === '$' && !node.computed)
      found.add(node.property.name as string)
  } else if (node.type === 'ObjectPattern')
    for (const each of node.properties as Node[])
      targets(each.type === 'RestElement' ? each.argument : each.value, found)
  else if (node.type === 'ArrayPattern')
    for (const each of node.elements as (Node | null)[]) each && targets(each, found)
  else if (node.type === 'AssignmentPattern') targets(node.left, found)
  else if (node.type === 'RestElement') targets(node.argument, found)
}

/** Whether a statement of a region may end it: what comes after is not certain to run. */
export function mayLeave(node: Node): boolean {
  let found = false
  walkOwn(node, (each) => {
    if (each.type === 'ReturnStatement') found = true
    return !found
  })
  return found
}
