/** Fibers, frames and what waits for them. */
import type { StepOutcome } from '../step/step.ts'
import type { JoinMode } from '../program/op.ts'
import type { Fiber, FiberWait, Frame, MachineState, Slots } from '../program/state.ts'
import type { WaitSpec } from '../program/wait.ts'

/** What a slot holds of a running fiber: plain, so that it can be stored. */
export interface FiberHandle {
  readonly $fiber: number
}

export function isHandle(value: unknown): value is FiberHandle {
  return typeof value === 'object' && value !== null && typeof (value as Partial<FiberHandle>).$fiber === 'number'
}

export function addFrame(
  state: MachineState,
  program: string,
  routine: number,
  pc: number,
  args: unknown,
  up?: number,
): Frame {
  const id = state.next++
  const slots: Slots = {}
  const frame: Frame = { id, program, routine, pc, slots, ...(up === undefined ? {} : { up }) }
  bindParent(state, frame)
  slots.$a = args
  state.frames.set(id, frame)
  return frame
}

/** `$.$p`: the slots of the frame around, not stored with the frame. */
export function bindParent(state: MachineState, frame: Frame): void {
  const parent = frame.up === undefined ? undefined : state.frames.get(frame.up)
  if (parent) Object.defineProperty(frame.slots, '$p', { value: parent.slots, configurable: true })
}

export function addFiber(state: MachineState, stack: number[], wait: FiberWait): Fiber {
  const fiber: Fiber = { id: state.next++, stack, visits: 0, wait }
  state.fibers.set(fiber.id, fiber)
  return fiber
}

/** A fiber that only waits: an element of `Promise.all` that is a delay or signal. */
export function addWaiter(state: MachineState, spec: WaitSpec): Fiber {
  return addFiber(state, [], { kind: 'wait', waits: [spec] })
}

/** The outcome of a join, or `undefined` while it goes on. Entries are handles or values. */
export function joinOutcome(state: MachineState, mode: JoinMode, entries: readonly unknown[]): StepOutcome | undefined {
  const outcomes = entries.map((each): StepOutcome | undefined => {
    if (!isHandle(each)) return { kind: 'returned', value: each }
    return state.fibers.get(each.$fiber)?.outcome
  })
  if (mode === 'all') return all(state, entries, outcomes)
  if (mode === 'allSettled') {
    return outcomes.every((each) => each !== undefined)
      ? { kind: 'returned', value: outcomes.map((each) => settled(each as StepOutcome)) }
      : undefined
  }
  const ended = inOrderOfEnd(state, entries, outcomes)
  if (mode === 'race') return ended[0]
  const success = ended.find((each) => each.kind === 'returned')
  if (success) return success
  if (ended.length < entries.length) return undefined
  const errors = outcomes.map((each) => (each?.kind === 'threw' ? each.error : undefined))
  return { kind: 'threw', error: new AggregateError(errors) }
}

function all(
  state: MachineState,
  entries: readonly unknown[],
  outcomes: readonly (StepOutcome | undefined)[],
): StepOutcome | undefined {
  const failed = inOrderOfEnd(state, entries, outcomes).find((each) => each.kind === 'threw')
  if (failed) return failed
  if (outcomes.some((each) => each === undefined)) return undefined
  return { kind: 'returned', value: outcomes.map((each) => (each?.kind === 'returned' ? each.value : undefined)) }
}

/** Values first, then fibers as they ended. */
function inOrderOfEnd(
  state: MachineState,
  entries: readonly unknown[],
  outcomes: readonly (StepOutcome | undefined)[],
): StepOutcome[] {
  const rank = (index: number): number => {
    const entry = entries[index]
    return isHandle(entry) ? (state.fibers.get(entry.$fiber)?.ended ?? 0) : -1
  }
  return outcomes
    .map((outcome, index) => ({ outcome, rank: rank(index) }))
    .filter((each): each is { outcome: StepOutcome; rank: number } => each.outcome !== undefined)
    .sort((a, b) => a.rank - b.rank)
    .map((each) => each.outcome)
}

function settled(outcome: StepOutcome): PromiseSettledResult<unknown> {
  return outcome.kind === 'returned'
    ? { status: 'fulfilled', value: outcome.value }
    : { status: 'rejected', reason: outcome.error }
}
