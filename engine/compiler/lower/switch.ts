/** An ordinary switch with awaits: tests in order, then the bodies one after another, so that falling through is natural. */
import { keep } from './operand.ts'
import { binary, type Node } from '../ast.ts'
import { label } from '../builder.ts'
import type { Lowering } from './lowering.ts'

export function lowerSwitch(l: Lowering, node: Node, labels: readonly string[]): void {
  const cases = node.cases as Node[]
  const leave = label()
  const starts = cases.map(() => label())
  const value = keep(l, l.spill(l.expression(node.discriminant)))
  l.openBox(node)
  hoistFunctions(l, cases)
  cases.forEach((each, index) => {
    const start = starts[index]
    if (each.test && start) l.jumpIf(binary(each, '===', value, l.expression(each.test)), start, true)
  })
  const otherwise = starts[cases.findIndex((each) => !each.test)]
  l.jump(node, otherwise ?? leave)
  lowerBodies(l, cases, starts, leave, labels)
}

export function hoistFunctions(l: Lowering, cases: readonly Node[]): void {
  for (const each of cases.flatMap((one) => one.consequent as Node[]))
    if (each.type === 'FunctionDeclaration' && each.id.variable?.slot) l.run(each)
}

export function lowerBodies(
  l: Lowering,
  cases: readonly Node[],
  starts: readonly ReturnType<typeof label>[],
  leave: ReturnType<typeof label>,
  labels: readonly string[],
): void {
  l.targets.push({ labels, leave })
  cases.forEach((each, index) => {
    const start = starts[index]
    if (start) l.place(start)
    for (const one of each.consequent as Node[]) l.statement(one)
  })
  l.targets.pop()
  l.place(leave)
}
