/** Which `using` resources of frames around a name stands for: itself, or what a function of that name uses. */
import { isFunction, walk, type Node } from './ast.ts'
import type { Variable } from './scope.ts'
import type { RoutineUnit } from './unit.ts'

/** As `$p.` per frame from `routine` outwards, and the slot there. */
export function capturedResources(routine: RoutineUnit, variable: Variable, seen = new Set<Variable>()): string[] {
  if (seen.has(variable)) return []
  seen.add(variable)
  if (variable.kind === 'using' || variable.kind === 'await using') return [path(routine, variable)]
  if (!isFunction(variable.init)) return []
  const found: string[] = []
  walk(variable.init as Node, (each) => {
    if (each.variable?.slot && each.variable.owner !== routine.node)
      found.push(...capturedResources(routine, each.variable, seen))
  })
  return found
}

function path(routine: RoutineUnit, variable: Variable): string {
  let text = ''
  for (let at: RoutineUnit | undefined = routine; at && at.node !== variable.owner; at = at.parent) text += '$p.'
  return `${text}${variable.slot}`
}
