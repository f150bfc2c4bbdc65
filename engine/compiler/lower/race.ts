/** `switch (true) { case signal(r, s): ... case delay.days(r, 30): ... }`: what is ready first runs. */
import { call, make, type Node } from '../ast.ts'
import { label } from '../builder.ts'
import { primitiveCall } from '../module.ts'
import { signalSite } from '../signal-site.ts'
import type { Lowering } from './lowering.ts'
import { hoistFunctions, lowerBodies } from './switch.ts'

export function lowerRace(l: Lowering, node: Node, labels: readonly string[]): void {
  const cases = node.cases as Node[]
  const leave = label()
  const starts = cases.map(() => label())
  l.openBox(node)
  hoistFunctions(l, cases)
  l.flush()
  let race: Node | undefined
  const waits: Node[] = []
  const arms = cases.flatMap((each, index) => {
    const target = starts[index]
    if (!each.test || !target) return []
    if (each.test.suspends) {
      l.refuse(
        each.test,
        'COMPILE_RACE_AWAIT',
        'An arm of a race cannot await',
        'Await into a local before the switch, and use the local in the arm.',
      )
      return []
    }
    const arm = armOf(l, each.test)
    race ??= arm.race
    if (arm.wait) waits.push(arm.wait)
    return [{ code: l.code(arm.wait ?? (each.test as Node)), target }]
  })
  const otherwise = starts[cases.findIndex((each) => !each.test)]
  const to = raceSlot(l, race)
  const pc = l.emit({
    op: 'race',
    arms,
    origin: node,
    ...(otherwise ? { otherwise } : {}),
    ...(to !== undefined ? { to } : {}),
  })
  for (const wait of waits) signalSite(l, wait, pc)
  lowerBodies(l, cases, starts, leave, labels)
}

/** The slot through which the winner's payload reaches the race: its own, or one for an object that lives elsewhere. */
function raceSlot(l: Lowering, race: Node | undefined): string | undefined {
  const variable = race?.variable
  if (!race || !variable) return undefined
  if (variable.box === undefined && variable.owner === l.routine.node) return variable.slot
  return l.spill(race).slot as string
}

/** The wait of an arm, without the race that it is given as its first argument. */
function armOf(l: Lowering, test: Node): { race?: Node; wait?: Node } {
  const primitive = primitiveCall(test, l.unit.names)
  if (primitive !== 'signal' && primitive !== 'delay') return {}
  const [race, ...rest] = test.arguments as Node[]
  const made =
    race?.type === 'Identifier' && race.variable && primitiveCall(race.variable.init, l.unit.names) === 'race'
  if (!race || !made) {
    l.refuse(
      test,
      'COMPILE_RACE_VARIABLE',
      'An arm of a race names its race first',
      'Write `const r = race()` before the switch and `case signal(r, ...)`, `case delay.days(r, 3)` in it.',
    )
    return {}
  }
  return { race, wait: make(test, test.type, { ...call(test, test.callee, rest) }) }
}
