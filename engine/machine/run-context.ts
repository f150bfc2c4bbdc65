/** The call of `advance` that is running: synchronous, so one per thread at a time. */
import type { Environment, LoadedProgram } from '../program/environment.ts'
import type { Effect, Fiber, Frame, MachineState } from '../program/state.ts'

export interface Run {
  readonly state: MachineState
  readonly env: Environment
  readonly effects: Effect[]
}

let current: Run | undefined

export function currentRun(): Run | undefined {
  return current
}

/** Begins a run; answers the one that it is within, if any, for `leave`. */
export function enter(run: Run): Run | undefined {
  const before = current
  current = run
  return before
}

export function leave(before: Run | undefined): void {
  current = before
}

/** The running frame of a fiber, or `undefined` for one that only waits. */
export function topFrame(state: MachineState, fiber: Fiber): Frame | undefined {
  const id = fiber.stack.at(-1)
  return id === undefined ? undefined : state.frames.get(id)
}

export function programOf(run: Run, frame: Frame): LoadedProgram {
  return run.env.program(frame.program)
}
