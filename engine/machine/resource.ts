/** `using`: resources acquired, given up at durable waits, acquired again when next needed, disposed at the end. */
import type { AcquireOp, ListenOp, ReleaseOp } from '../program/op.ts'
import type { Fiber, Frame, Resource } from '../program/state.ts'
import type { StepOutcome } from '../step/step.ts'
import { FiberInLockError, ResourceGoneError } from './errors.ts'
import { evaluate } from './evaluate.ts'
import { programOf, topFrame, type Run } from './run-context.ts'
import { throwInto, type Completion } from './unwind.ts'

/** Runs an acquire op; false when the fiber has to wait for the runtime. */
export function acquire(run: Run, fiber: Fiber, frame: Frame, op: AcquireOp, pc: number, again: boolean): boolean {
  if (op.step === undefined) {
    const made = evaluate(run, frame, op.code)
    checkDisposable(made, op)
    frame.slots[op.slot] = made
    resources(frame).set(op.slot, { pc, kind: 'native', state: 'held' })
    return true
  }
  const loaded = programOf(run, frame)
  fiber.wait = { kind: 'acquire', slot: op.slot, frame: frame.id }
  if (!again) fiber.visits++
  run.effects.push({
    kind: 'acquire',
    fiber: fiber.id,
    frame: frame.id,
    slot: op.slot,
    site: loaded.program.steps[op.step] as never,
    program: loaded.hash,
    step: op.step,
    visit: fiber.visits,
    again,
    durableFirst: run.state.dirty,
    invoke: () => evaluate(run, frame, op.code),
  })
  return false
}

/** As the language does where `using` stands. */
function checkDisposable(value: unknown, op: AcquireOp): void {
  if (value === undefined || value === null) return
  const { [Symbol.dispose]: plain, [Symbol.asyncDispose]: async } = value as Partial<Disposable & AsyncDisposable>
  if (typeof plain !== 'function' && !(op.async && typeof async === 'function'))
    throw new TypeError(`\`${op.slot}\` cannot be disposed of: it has no [Symbol.dispose]()`)
}

/** The runtime acquired: `first` goes on behind the op, a second time goes on with the op that needs it. */
export function acquired(run: Run, fiber: Fiber, outcome: StepOutcome): void {
  if (fiber.wait.kind !== 'acquire') return
  const { slot, frame: id } = fiber.wait
  const frame = run.state.frames.get(id) as Frame
  const known = resources(frame).get(slot)
  fiber.wait = { kind: 'ready' }
  if (outcome.kind === 'threw')
    return throwInto(run, fiber, known ? new ResourceGoneError(slot, outcome.error) : outcome.error)
  if (known && (outcome.value === undefined || outcome.value === null))
    return throwInto(run, fiber, new ResourceGoneError(slot))
  frame.slots[slot] = outcome.value
  if (known) known.state = 'held'
  else {
    resources(frame).set(slot, { pc: frame.pc, kind: 'runtime', state: 'held' })
    frame.pc++
  }
}

/** Acquires again what an op needs and the process gave up; false when the fiber has to wait. */
export function need(run: Run, fiber: Fiber, frame: Frame, slots: readonly string[]): boolean {
  for (const path of slots) {
    const [owner, slot] = holderOf(run, frame, path)
    const resource = owner.resources?.get(slot)
    if (resource?.state !== 'released') continue
    const op = programOf(run, owner).program.ops[resource.pc] as AcquireOp
    if (!acquire(run, fiber, owner, op, resource.pc, true)) return false
  }
  return true
}

/** Whether nothing that an op needs was given up. */
export function isHeld(run: Run, frame: Frame, slots: readonly string[]): boolean {
  return slots.every((path) => {
    const [owner, slot] = holderOf(run, frame, path)
    return owner.resources?.get(slot)?.state !== 'released'
  })
}

/** The frame and slot of `slot`, or of `$p.slot` in the frame around. */
function holderOf(run: Run, frame: Frame, path: string): [Frame, string] {
  let owner = frame
  let slot = path
  while (slot.startsWith('$p.')) {
    owner = run.state.frames.get(owner.up as number) as Frame
    slot = slot.slice(3)
  }
  return [owner, slot]
}

/** The compiler sees this in one module; a routine of another may still start fibers in a block that holds a lock. */
export function checkNoLock(run: Run, fiber: Fiber): void {
  for (const id of fiber.stack)
    for (const [slot, { kind }] of run.state.frames.get(id)?.resources ?? [])
      if (kind === 'runtime') throw new FiberInLockError(slot)
}

/** Gives up everything a fiber holds, because it starts to wait durably. */
export function releaseForWait(run: Run, fiber: Fiber): void {
  for (const id of fiber.stack.toReversed()) {
    const frame = run.state.frames.get(id) as Frame
    for (const [slot, resource] of [...(frame.resources ?? [])].toReversed()) {
      if (resource.kind === 'listener' || resource.state === 'released') continue
      const held = frame.slots[slot]
      resource.state = 'released'
      delete frame.slots[slot]
      if (resource.kind === 'native') dispose(held)
      else run.effects.push({ kind: 'release', fiber: fiber.id, frame: id, slot, resource: held, suspended: true })
    }
  }
}

/** Runs a release op; false when the fiber has to wait for the runtime. */
export function release(run: Run, fiber: Fiber, frame: Frame, op: ReleaseOp): boolean {
  const resource = frame.resources?.get(op.slot)
  frame.resources?.delete(op.slot)
  if (!resource || resource.state === 'released') return true
  const held = frame.slots[op.slot]
  if (resource.kind === 'listener') {
    run.effects.push({ kind: 'unlisten', id: (held as { listener: number }).listener })
    return true
  }
  delete frame.slots[op.slot]
  const { program } = programOf(run, frame)
  const async = (program.ops[resource.pc] as AcquireOp).async === true
  if (resource.kind === 'native' && !async) {
    disposing(frame, op, () => dispose(held))
    return true
  }
  fiber.wait = { kind: 'release', slot: op.slot }
  run.effects.push({
    kind: 'release',
    fiber: fiber.id,
    frame: frame.id,
    slot: op.slot,
    resource: held,
    suspended: false,
  })
  return false
}

/** The runtime disposed of it. */
export function released(run: Run, fiber: Fiber, outcome: StepOutcome): void {
  const frame = topFrame(run.state, fiber) as Frame
  const op = programOf(run, frame).program.ops[frame.pc] as ReleaseOp
  fiber.wait = { kind: 'ready' }
  disposing(frame, op, () => {
    if (outcome.kind === 'threw') throw outcome.error
  })
  frame.pc++
}

/** An error of disposal becomes the block's completion, with the block's own error kept inside it. */
function disposing(frame: Frame, op: ReleaseOp, body: () => void): void {
  try {
    body()
  } catch (error) {
    const before = frame.slots[op.completion] as Completion | undefined
    const thrown =
      before?.[0] === 3 ? new SuppressedError(error, before[1], 'An error was suppressed during disposal') : error
    frame.slots[op.completion] = [3, thrown]
  }
}

export function listen(run: Run, frame: Frame, op: ListenOp): void {
  const request = evaluate(run, frame, op.code) as { signal: never; match: Record<string, unknown> }
  const id = run.state.next++
  frame.slots[op.slot] = { listener: id }
  resources(frame).set(op.slot, { pc: frame.pc, kind: 'listener', state: 'held' })
  run.state.dirty = true
  run.effects.push({ kind: 'listen', id, signal: request.signal, match: request.match })
}

function dispose(value: unknown): void {
  if (value === null || value === undefined) return
  const method = (value as Partial<Disposable>)[Symbol.dispose]
  if (typeof method !== 'function') throw new TypeError('A `using` value must have a [Symbol.dispose]() method')
  method.call(value)
}

function resources(frame: Frame): Map<string, Resource> {
  frame.resources ??= new Map()
  return frame.resources
}
