/** Where a process stands, in source lines. */
import type { Environment } from '../program/environment.ts'
import type { ProgramDebug } from '../program/program.ts'
import type { Frame, MachineState } from '../program/state.ts'
import type { Place } from '../store/records.ts'
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

/**
 * Where it stands when its values cannot be stored, and the error as its user is told of it: with the lines of the variable
 * and of the await, and no frame of the engine's. For what the handler returned it is the line where the handler begins.
 */
export function failingPlace(error: unknown, state: MachineState, environment: Environment): FailingPlace {
  const { line } = placeOf(state, environment, [])
  if (!(error instanceof ValueEncodeError)) return { line, error }
  if (error.root === RESULT) return ofResult(error, environment.program(state.program).debug)
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
  const message = isLocal(slot)
    ? `The local \`${slot}\` cannot be stored: ${error.what} at ${slot}${error.path}${lines}`
    : `A value between two awaits cannot be stored: ${error.what}${error.path && ` at ${error.path}`}${lines}`
  return { line, error: told(error, message, debug, at) }
}

export interface FailingPlace {
  readonly line: number
  readonly error: unknown
}

/** The root that a process's outcome is stored as. */
export const RESULT = 'result'

function ofResult(error: ValueEncodeError, debug: ProgramDebug | undefined): FailingPlace {
  const at = debug?.positions[0]
  const path = error.path.replace(/^\.(?:value|error)/, '')
  const lines = at ? ` (the handler begins at ${debug?.file}:${at[0]}:${at[1]})` : ''
  const message = `What the handler returns cannot be stored: ${error.what} at result${path}${lines}`
  return { line: at?.[0] ?? 0, error: told(error, message, debug, at) }
}

/** Made anew without a stack: where the engine came upon it says nothing, and Bun would print that code. */
function told(
  { root, path, what, hint, cause }: ValueEncodeError,
  message: string,
  debug: ProgramDebug | undefined,
  at: readonly [number, number] | undefined,
): ValueEncodeError {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const error = new ValueEncodeError(root, path, what, hint ?? '', cause === undefined ? {} : { cause })
  Error.stackTraceLimit = stackTraceLimit
  error.message = message
  const frame = at ? `\n    at handler (${debug?.path ?? debug?.file}:${at[0]}:${at[1]})` : ''
  const stack = `${error.name}: ${message}${frame}`
  return Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true })
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
