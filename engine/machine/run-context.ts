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

export function within<Result>(run: Run, body: () => Result): Result {
  const before = current
  current = run
  try {
    return body()
  } finally {
    current = before
  }
}

/** The running frame of a fiber, or `undefined` for one that only waits. */
export function topFrame(state: MachineState, fiber: Fiber): Frame | undefined {
  const id = fiber.stack.at(-1)
  return id === undefined ? undefined : state.frames.get(id)
}

export function programOf(run: Run, frame: Frame): LoadedProgram {
  return run.env.program(frame.program)
}
