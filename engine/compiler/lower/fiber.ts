/** Calls that run beside the code that makes them: floating calls, elements of a join, fan-out callbacks. */
import { lowerOperands } from './operand.ts'
import { array, type Node } from '../ast.ts'
import { slotNode } from '../builder.ts'
import type { RoutineUnit } from '../unit.ts'
import type { Lowering } from './lowering.ts'

export function lowerSpawn(l: Lowering, node: Node): Node {
  const to = l.temporary()
  const args = array(node, lowerOperands(l, node.arguments))
  l.flush()
  l.emit({ op: 'spawn', routine: (node.routine as RoutineUnit).index, args: l.code(args), to, origin: node })
  return slotNode(node, to)
}

export function lowerSpawnEach(l: Lowering, node: Node): Node {
  const to = l.temporary()
  const items = l.expression(node.items)
  l.flush()
  l.emit({ op: 'spawnEach', routine: (node.routine as RoutineUnit).index, code: l.code(items), to, origin: node })
  return slotNode(node, to)
}
