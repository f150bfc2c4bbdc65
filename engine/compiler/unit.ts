/**
 * One handler (or exported routine) being compiled: what all passes share. A unit owns copies of the trees it works on, so
 * that a module-level helper can be part of several programs.
 */
import type { Node } from './ast.ts'
import type { Diagnostics } from './diagnostic.ts'
import type { ModuleNames } from './module.ts'
import type { Variable } from './scope.ts'

export interface Unit {
  readonly kind: 'process' | 'routine'
  readonly path: string
  readonly params: readonly string[]
  readonly names: ModuleNames
  readonly diagnostics: Diagnostics
  /** `<package>/<file>`: origin of the module's own names. */
  readonly origin: string
  /** Turns an import specifier of this module into an origin. */
  readonly resolve: (specifier: string) => string
  readonly routines: RoutineUnit[]
  /** Module-level functions that became routines, by name. */
  readonly moduleRoutines: Map<string, RoutineUnit>
}

export interface RoutineUnit {
  readonly index: number
  readonly name: string
  readonly node: Node
  readonly parent?: RoutineUnit
  /** Not async itself: what it returns is awaited. */
  readonly awaitsReturn: boolean
  /** Slot names taken. */
  readonly slots: Set<string>
  /** Number of the last slot of the compiler's own. */
  temporaries: number
  /** Variables of enclosing routines that it, or what it calls, uses. */
  readonly captures: Set<Variable>
  /** Routines it calls or spawns. */
  readonly calls: Set<RoutineUnit>
  /** Routines it spawns without joining them at once. */
  readonly floats: Set<RoutineUnit>
  /** Per-iteration objects of frames around that it uses: `<owner>:<slot>` to its own slot and the one it comes from. */
  readonly boxes: Map<string, { own: string; from: string }>
  /** Slots made again on restore, to their initialisers. */
  readonly remade: Map<string, Variable>
}

export function newRoutine(
  unit: { readonly routines: readonly RoutineUnit[] },
  node: Node,
  name: string,
  parent?: RoutineUnit,
): RoutineUnit {
  return {
    index: unit.routines.length,
    name,
    node,
    awaitsReturn: !node.async,
    slots: new Set(['$a', '$p']),
    temporaries: 0,
    captures: new Set(),
    calls: new Set(),
    floats: new Set(),
    boxes: new Map(),
    remade: new Map(),
    ...(parent ? { parent } : {}),
  }
}

/** Its own slot for a per-iteration object of a frame around: taken over when a frame is made. */
export function boxSlot(routine: RoutineUnit, owner: RoutineUnit, box: string): string {
  if (routine === owner) return box
  const key = `${owner.index}:${box}`
  const known = routine.boxes.get(key)
  if (known) return known.own
  const from = boxSlot(routine.parent as RoutineUnit, owner, box)
  const own = temporary(routine)
  routine.boxes.set(key, { own, from })
  return own
}

/** A fresh slot of the compiler's own. */
export function temporary(routine: RoutineUnit): string {
  do routine.temporaries++
  while (routine.slots.has(`$${routine.temporaries}`))
  const slot = `$${routine.temporaries}`
  routine.slots.add(slot)
  return slot
}
