/**
 * Completions that leave a region: errors, returns and jumps go through the exception table, innermost row first, then up
 * the stack of frames. There is no stack of handlers to store: the rows follow from the pc.
 */
import type { CleanupRow } from '../program/program.ts'
import type { Fiber, Frame, Resource, Slots } from '../program/state.ts'
import type { StepOutcome } from '../step/step.ts'
import { PlainPromiseError } from './errors.ts'
import { programOf, topFrame, type Run } from './run-context.ts'

/** As stored in a completion slot: `[1, pc]` jump, `[2, value]` return, `[3, error]` throw. */
export type Completion = readonly [1, number] | readonly [2, unknown] | readonly [3, unknown]

/** Carries the completion to the next handler, or ends frames and finally the fiber. */
export function complete(run: Run, fiber: Fiber, completion: Completion): void {
  let now = completion
  while (true) {
    const frame = topFrame(run.state, fiber)
    if (!frame)
      return endFiber(run, fiber, now[0] === 3 ? { kind: 'threw', error: now[1] } : { kind: 'returned', value: now[1] })
    const row = rowFor(programOf(run, frame).program.cleanup, frame.pc, now)
    if (row) {
      frame.slots[row.slot] = row.kind === 'catch' ? now[1] : now
      frame.pc = row.handler
      return
    }
    if (now[0] === 1) {
      frame.pc = now[1]
      return
    }
    if (now[0] === 2 && now[1] instanceof Promise)
      return throwInto(run, fiber, new PlainPromiseError('A function returned'))
    const leaves = popFrame(run, fiber, frame, now)
    if (!leaves) return
    now = leaves
  }
}

function rowFor(rows: readonly CleanupRow[], pc: number, completion: Completion): CleanupRow | undefined {
  return rows.find((row) => {
    if (pc < row.from || pc >= row.to) return false
    if (row.kind === 'catch') return completion[0] === 3
    return completion[0] !== 1 || completion[1] < row.from || completion[1] >= row.to
  })
}

/** Ends a frame; an error goes on in its caller, a value is the result of the caller's op. */
function popFrame(run: Run, fiber: Fiber, frame: Frame, completion: Completion): Completion | undefined {
  fiber.stack.pop()
  const caller = topFrame(run.state, fiber)
  if (!caller || completion[0] === 3) return completion
  deliver(run, caller, completion[1])
  return undefined
}

/** Gives the op that a frame stands at its result, and goes on behind it. */
export function deliver(run: Run, frame: Frame, value: unknown): void {
  const op = programOf(run, frame).program.ops[frame.pc]
  if (op && 'to' in op && op.to !== undefined) frame.slots[op.to] = value
  frame.pc++
}

/** Throws into a fiber at the op it stands at. The place of an error that nothing will catch is kept for `retry`. */
export function throwInto(run: Run, fiber: Fiber, error: unknown): void {
  fiber.wait = { kind: 'ready' }
  if (fiber.id === 0) {
    if (isCaught(run, fiber)) delete run.state.failed
    else run.state.failed = { frames: fiber.stack.map((id) => copyFrame(run.state.frames.get(id) as Frame)) }
  }
  complete(run, fiber, [3, error])
}

function isCaught(run: Run, fiber: Fiber): boolean {
  return fiber.stack.some((id) => {
    const frame = run.state.frames.get(id) as Frame
    return programOf(run, frame).program.cleanup.some(
      (row) => row.kind === 'catch' && frame.pc >= row.from && frame.pc < row.to,
    )
  })
}

/** What the frame holds is let go of as it unwinds: in the copy it is released, to be acquired again. */
function copyFrame(frame: Frame): Frame {
  const slots: Slots = Object.defineProperties({}, Object.getOwnPropertyDescriptors(frame.slots))
  if (!frame.resources) return { ...frame, slots }
  const resources = new Map<string, Resource>()
  for (const [slot, resource] of frame.resources) {
    const kept = resource.kind === 'listener'
    if (!kept) delete slots[slot]
    resources.set(slot, { ...resource, state: kept ? 'held' : 'released' })
  }
  return { ...frame, slots, resources }
}

function endFiber(run: Run, fiber: Fiber, outcome: StepOutcome): void {
  fiber.wait = { kind: 'ended' }
  fiber.outcome = outcome
  fiber.ended = run.state.next++
}
