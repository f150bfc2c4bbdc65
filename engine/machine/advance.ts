/**
 * The machine's one verb: feeds inputs to a process and answers what it asks for next. Pure in the sense that matters: no
 * time, no I/O, no promises; the state it is given is changed in memory, and thrown away by the caller when the commit of
 * what happened fails.
 */
import type { Environment } from '../program/environment.ts'
import type { RaceOp } from '../program/op.ts'
import type { Effect, Fiber, Frame, Input, MachineState } from '../program/state.ts'
import { ProcessCancelled } from '../errors.ts'
import { isCancellation, PlainPromiseError } from './errors.ts'
import { addFiber, addFrame, isHandle } from './fiber.ts'
import { acquired, released } from './resource.ts'
import { checkJoin, resume, runFiber } from './run.ts'
import { enter, leave, programOf, topFrame, type Run } from './run-context.ts'
import { clarify } from './stack.ts'
import { deliver, throwInto } from './unwind.ts'

/** A process that has not begun. `params` is what the handler gets as its second argument. */
export function createState(program: string, params: unknown): MachineState {
  const state: MachineState = {
    program,
    frames: new Map(),
    fibers: new Map(),
    next: 0,
    dirty: false,
    status: 'running',
  }
  const fiber = addFiber(state, [], { kind: 'ready' })
  const frame = addFrame(state, program, 0, 0, [null, params])
  fiber.stack.push(frame.id)
  return state
}

/** Applies the inputs in order and runs every fiber as far as it goes. */
export function advance(state: MachineState, env: Environment, inputs: readonly Input[]): Effect[] {
  const run: Run = { state, env, effects: [] }
  const before = enter(run)
  try {
    for (const input of inputs) {
      if (state.status !== 'running' && input.kind !== 'retry') continue
      apply(run, input)
      settle(run)
    }
  } finally {
    leave(before)
  }
  return run.effects
}

/** What a restored process asks for: calls to make again, waits to set up. */
export function pendingEffects(state: MachineState, env: Environment): Effect[] {
  const run: Run = { state, env, effects: [] }
  const before = enter(run)
  try {
    for (const fiber of [...state.fibers.values()]) {
      if (fiber.wait.kind === 'ready') runFiber(run, fiber)
      else resume(run, fiber)
    }
    settle(run)
  } finally {
    leave(before)
  }
  return run.effects
}

/** Everything up to now is stored. */
export function markDurable(state: MachineState): void {
  state.dirty = false
}

function apply(run: Run, input: Input): void {
  switch (input.kind) {
    case 'start':
      return
    case 'outcome':
      run.state.dirty = true
      return outcome(run, run.state.fibers.get(input.fiber), input.outcome)
    case 'won':
      run.state.dirty = true
      return won(run, run.state.fibers.get(input.fiber), input)
    case 'cancel':
      run.state.dirty = true
      return cancel(run, input.reason)
    case 'hold':
      run.state.holding = true
      return
    case 'retry':
      return retry(run)
  }
}

function outcome(run: Run, fiber: Fiber | undefined, result: (Input & { kind: 'outcome' })['outcome']): void {
  if (!fiber) return
  if (fiber.wait.kind === 'acquire') return acquired(run, fiber, result)
  if (fiber.wait.kind === 'release') return released(run, fiber, result)
  const frame = topFrame(run.state, fiber)
  if (fiber.wait.kind !== 'call' || !frame) return
  if (run.state.holding) {
    fiber.wait = { kind: 'wait', waits: [] }
    return
  }
  fiber.wait = { kind: 'ready' }
  if (fiber.cancelled) {
    const { reason } = fiber.cancelled
    delete fiber.cancelled
    throwInto(run, fiber, new ProcessCancelled(reason))
  } else if (result.kind === 'threw') {
    clarify(result.error, programOf(run, frame))
    throwInto(run, fiber, result.error)
  } else if (isHandle(result.value)) throwInto(run, fiber, new PlainPromiseError('A call gave back'))
  else deliver(run, frame, result.value)
}

function won(run: Run, fiber: Fiber | undefined, input: Input & { kind: 'won' }): void {
  if (fiber?.wait.kind !== 'wait') return
  const { arms } = fiber.wait
  const frame = topFrame(run.state, fiber)
  fiber.wait = { kind: 'ready' }
  if (!frame) {
    fiber.wait = { kind: 'ended' }
    fiber.outcome = input.outcome
    fiber.ended = run.state.next++
  } else if (input.outcome.kind === 'threw') throwInto(run, fiber, input.outcome.error)
  else if (!arms) deliver(run, frame, input.outcome.value)
  else raceWon(run, frame, arms, input.index, input.outcome.value)
}

function raceWon(run: Run, frame: Frame, arms: readonly number[], index: number, value: unknown): void {
  const op = programOf(run, frame).program.ops[frame.pc] as RaceOp
  if (index < 0) {
    frame.pc = op.otherwise as number
    return
  }
  const target = op.to === undefined ? undefined : frame.slots[op.to]
  if (typeof target === 'object' && target !== null && typeof value === 'object') Object.assign(target, value)
  frame.pc = arms[index] as number
}

/** Thrown at every wait; a call in flight ends first, and a join ends with what it joins: children go before parents. */
function cancel(run: Run, reason: unknown): void {
  if (run.state.cancelling) return
  run.state.cancelling = { reason }
  delete run.state.holding
  for (const fiber of [...run.state.fibers.values()].toReversed()) {
    if (fiber.wait.kind === 'ended') continue
    if (fiber.wait.kind === 'wait') {
      if (topFrame(run.state, fiber)) throwInto(run, fiber, new ProcessCancelled(reason))
      else endWaiter(run, fiber, reason)
    } else fiber.cancelled = { reason }
  }
}

function endWaiter(run: Run, fiber: Fiber, reason: unknown): void {
  fiber.wait = { kind: 'ended' }
  fiber.outcome = { kind: 'threw', error: new ProcessCancelled(reason) }
  fiber.ended = run.state.next++
}

function retry(run: Run): void {
  const { state } = run
  if (state.status !== 'failed' || !state.failed) return
  const main = state.fibers.get(0) as Fiber
  for (const frame of state.failed.frames) state.frames.set(frame.id, frame)
  main.stack.splice(0, main.stack.length, ...state.failed.frames.map((each) => each.id))
  main.wait = { kind: 'ready' }
  delete main.outcome
  delete state.failed
  state.status = 'running'
}

/** Runs what is ready and wakes joins, until nothing moves; ends the process when its handler did. */
function settle(run: Run): void {
  const { state } = run
  for (let moved = true; moved;) {
    moved = false
    const only = state.fibers.size === 1 ? state.fibers.get(0) : undefined
    for (const fiber of only ? [only] : [...state.fibers.values()]) {
      const before = fiber.wait
      if (fiber.wait.kind === 'join') checkJoin(run, fiber)
      if (fiber.wait.kind === 'ready') runFiber(run, fiber)
      if (fiber.wait !== before && state.fibers.size > 1) moved = true
    }
  }
  const main = state.fibers.get(0)
  if (state.status === 'running' && main?.outcome) finish(run, main)
}

function finish(run: Run, main: Fiber): void {
  const { state } = run
  const result = main.outcome as NonNullable<Fiber['outcome']>
  for (const fiber of state.fibers.values()) {
    if (fiber.wait.kind !== 'ended') run.effects.push({ kind: 'drop', fiber: fiber.id })
    if (fiber.id !== 0) state.fibers.delete(fiber.id)
  }
  const cancelled = state.cancelling !== undefined && result.kind === 'threw' && isCancellation(result.error)
  const status = cancelled ? 'cancelled' : result.kind === 'threw' ? 'failed' : 'completed'
  state.status = status
  run.effects.push({ kind: 'finished', outcome: result, status })
}
