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
  /** Variables of enclosing routines that it, or what it calls, uses. */
  readonly captures: Set<Variable>
  /** Routines it calls or spawns. */
  readonly calls: Set<RoutineUnit>
  /** Routines it spawns without joining them at once. */
  readonly floats: Set<RoutineUnit>
  /** Slots made again on restore, to their initialisers. */
  readonly remade: Map<string, Variable>
}

/** A fresh slot of the compiler's own. */
export function temporary(routine: RoutineUnit): string {
  let number = 1
  while (routine.slots.has(`$${number}`)) number++
  const slot = `$${number}`
  routine.slots.add(slot)
  return slot
}
