/** Where a process stands, in source lines. */
import type { Environment } from '../program/environment.ts'
import type { Frame, MachineState } from '../program/state.ts'
import type { Place } from '../store/store.ts'
import { ValueEncodeError } from '../value/errors.ts'

/** The line of the first fiber that waits, and what for. */
export function placeOf(state: MachineState, environment: Environment, waits: readonly string[]): Place {
  const frame = state.failed ? state.failed.frames.at(-1) : firstWaiting(state)
  if (frame === undefined) return { line: 0, waits }
  const [line] = environment.program(frame.program).debug?.positions[frame.pc] ?? [0]
  return { line, waits }
}

function firstWaiting({ fibers, frames }: MachineState): Frame | undefined {
  for (const { wait, stack } of fibers.values()) {
    const frame = wait.kind === 'ended' ? undefined : frames.get(stack.at(-1) ?? -1)
    if (frame !== undefined) return frame
  }
  return undefined
}

/** Where it stands when its values cannot be stored; the error's message gets the lines of the variable and of the await. */
export function failingPlace(error: unknown, state: MachineState, environment: Environment): Place {
  const place = placeOf(state, environment, [])
  if (!(error instanceof ValueEncodeError)) return place
  const [frameId, slot] = error.root.split('.', 2)
  const frame = state.frames.get(Number(frameId))
  const debug = frame && environment.program(frame.program).debug
  const declared = debug?.slots[slot ?? '']
  const at = debug?.positions[frame?.pc ?? 0]
  const words = [
    declared ? `declared at ${debug?.file}:${declared[0]}:${declared[1]}` : '',
    at ? `needed after the await at ${debug?.file}:${at[0]}:${at[1]}` : '',
  ].filter((word) => word !== '')
  const lines = words.length > 0 ? ` (${words.join(', ')})` : ''
  error.message = isLocal(slot)
    ? `The local \`${slot}\` cannot be stored: ${error.what} at ${slot}${error.path}${lines}`
    : `A value between two awaits cannot be stored: ${error.what}${error.path && ` at ${error.path}`}${lines}`
  // Where the engine came upon it says nothing: the await does.
  if (at) error.stack = `${error.name}: ${error.message}\n    at ${debug?.path ?? debug?.file}:${at[0]}:${at[1]}`
  return place
}

/** Slots of the compiler's own (`$3`) have no name that the user knows. */
function isLocal(slot: string | undefined): slot is string {
  return slot !== undefined && !/^\$\d+$/.test(slot)
}

/** The local, or what else it is, that a stored value is of: for messages. */
export function valueName(root: string): string {
  const [, slot] = root.split('.', 2)
  return isLocal(slot) ? `the local \`${slot}\`` : 'a value between two awaits'
}
