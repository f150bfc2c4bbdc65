/** The refusal of an await in syntax that is one piece. */
import { walkOwn, type Node } from '../ast.ts'
import type { Lowering } from './lowering.ts'

export function refusePlace(l: Lowering, node: Node): void {
  let found: Node | undefined
  walkOwn(node, (each) => {
    if (each.type === 'AwaitExpression') found ??= each
  })
  l.refuse(
    found ?? node,
    'COMPILE_AWAIT_PLACE',
    node.type.startsWith('Class')
      ? 'What a class extends, and the computed names of its members, cannot await'
      : `An await inside a ${node.type} is not supported`,
    'Await into a local before it, and use the local.',
  )
}
