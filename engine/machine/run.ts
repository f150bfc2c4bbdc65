/** The interpreter: runs a fiber from where it stands to where it has to wait, or to its end. */
import { routineOfStep } from '../program/compiled.ts'
import type { AwaitOp, CallOp, JoinOp, Op, RaceOp, SpawnEachOp, SpawnOp, WaitOp } from '../program/op.ts'
import type { Bindings } from '../program/environment.ts'
import type { StepSite } from '../program/program.ts'
import type { Fiber, Frame } from '../program/state.ts'
import { waitSpec, type WaitSpec } from '../program/wait.ts'
import { ProcessCancelled } from '../errors.ts'
import { PlainPromiseError } from './errors.ts'
import { evaluate } from './evaluate.ts'
import { addFiber, addFrame, addWaiter, isHandle, joinOutcome } from './fiber.ts'
import { acquire, checkNoLock, isHeld, listen, need, release, releaseForWait } from './resource.ts'
import { programOf, topFrame, type Run } from './run-context.ts'
import { clarify } from './stack.ts'
import { complete, deliver, throwInto, type Completion } from './unwind.ts'

/** Runs until the fiber waits or ended. */
export function runFiber(run: Run, fiber: Fiber): void {
  while (fiber.wait.kind === 'ready') {
    const frame = topFrame(run.state, fiber)
    if (!frame) return
    const op = programOf(run, frame).program.ops[frame.pc] as Op
    try {
      if (op.needs && !need(run, fiber, frame, op.needs)) return
      step(run, fiber, frame, op)
    } catch (error) {
      clarify(error, programOf(run, frame))
      throwInto(run, fiber, error)
    }
  }
}

function step(run: Run, fiber: Fiber, frame: Frame, op: Op): void {
  switch (op.op) {
    case 'exec': {
      if (op.impure) run.state.dirty = true
      const result = evaluate(run, frame, op.code)
      if (result === undefined) frame.pc++
      else if (typeof result === 'number') complete(run, fiber, [1, op.exits?.[result] as number])
      else complete(run, fiber, [2, (result as readonly unknown[])[0]])
      return
    }
    case 'jump':
      frame.pc = op.target
      return
    case 'jumpIf':
      if (op.impure) run.state.dirty = true
      frame.pc = Boolean(evaluate(run, frame, op.code)) === op.when ? op.target : frame.pc + 1
      return
    case 'await':
      return awaitStep(run, fiber, frame, op)
    case 'wait':
      return wait(run, fiber, frame, op)
    case 'race':
      return race(run, fiber, frame, op)
    case 'call':
      return call(run, fiber, frame, op)
    case 'spawn':
      return spawn(run, fiber, frame, op)
    case 'spawnEach':
      return spawnEach(run, fiber, frame, op)
    case 'join':
      return join(run, fiber, frame, op)
    case 'acquire':
      if (acquire(run, fiber, frame, op, frame.pc, false)) frame.pc++
      return
    case 'release':
      if (release(run, fiber, frame, op)) frame.pc++
      return
    case 'listen':
      listen(run, frame, op)
      frame.pc++
      return
    case 'return':
      return complete(run, fiber, [2, op.code === undefined ? undefined : evaluate(run, frame, op.code)])
    case 'throw':
      throw evaluate(run, frame, op.code)
    case 'endFinally': {
      const completion = frame.slots[op.slot] as Completion | undefined
      if (!completion) frame.pc++
      else complete(run, fiber, completion)
    }
  }
}

/** An await of a call that calls nothing; see `StepSite.arity`. */
const NO_CALL = -1

function awaitStep(run: Run, fiber: Fiber, frame: Frame, op: AwaitOp): void {
  const loaded = programOf(run, frame)
  const site = loaded.program.steps[op.step] as StepSite
  if (op.impure) run.state.dirty = true
  if (site.kind === 'binding' && callRoutine(run, fiber, frame, op, site)) return
  if (site.arity !== NO_CALL && !op.unsure)
    return callHost(run, fiber, frame, op, site, () => evaluate(run, frame, op.code))
  const value = evaluate(run, frame, op.code)
  if (isHandle(value)) {
    fiber.wait = { kind: 'join' }
    return checkJoin(run, fiber)
  }
  const spec = waitSpec(value)
  if (spec) return suspend(run, fiber, [spec])
  if (isThenable(value))
    return callHost(
      run,
      fiber,
      frame,
      op,
      site,
      onceOr(value, () => evaluate(run, frame, op.code)),
    )
  deliver(run, frame, value)
}

/** What was begun, and the call again when that is tried again. Its failure is seen when the step is made. */
function onceOr(begun: unknown, again: () => unknown): () => unknown {
  let used = false
  if (begun instanceof Promise) begun.catch(() => undefined)
  return () => {
    if (used) return again()
    used = true
    return begun
  }
}

function isThenable(value: unknown): boolean {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  )
}

function callHost(run: Run, fiber: Fiber, frame: Frame, op: AwaitOp, site: StepSite, invoke: () => unknown): void {
  const again = fiber.wait.kind === 'call'
  if (!again) fiber.visits++
  fiber.wait = { kind: 'call' }
  const { bindings } = programOf(run, frame)
  const read = run.env.isRead(site, site.binding === undefined ? undefined : bindings[site.binding])
  run.effects.push({
    kind: 'call',
    fiber: fiber.id,
    site,
    program: frame.program,
    step: op.step,
    visit: fiber.visits,
    read,
    durableFirst: run.state.dirty && !read,
    invoke,
  })
}

/** An exported routine runs in this process, in frames of its own program. */
function callRoutine(run: Run, fiber: Fiber, frame: Frame, op: AwaitOp, site: StepSite): boolean {
  const { bindings } = programOf(run, frame)
  const compiled = routineOfStep(site, bindings)
  if (!compiled) return false
  const args = evaluate(run, frame, op.code, givingArguments(bindings, site))
  const target = run.env.adopt(compiled)
  fiber.stack.push(addFrame(run.state, target.hash, 0, target.program.routines[0]?.start ?? 0, args).id)
  return true
}

/** The bindings with a function that gives its arguments in place of the one that a step calls. */
function givingArguments(bindings: Bindings, { binding, method }: StepSite): Bindings {
  const path = [binding as string, ...(method === undefined ? [] : method.split('.'))]
  const inPlace = (around: unknown, [key = '', ...rest]: readonly string[]): object => {
    const value: unknown =
      rest.length === 0 ? (...args: unknown[]) => args : inPlace(Reflect.get(around as object, key), rest)
    return Object.create(around as object, { [key]: { value } }) as object
  }
  return inPlace(bindings, path) as Bindings
}

/** Makes the effect of a call, acquire or wait again, after a restart. */
export function resume(run: Run, fiber: Fiber): void {
  const frame = topFrame(run.state, fiber)
  const { wait: waiting } = fiber
  if (waiting.kind === 'wait') {
    run.effects.push({ kind: 'wait', fiber: fiber.id, waits: waiting.waits, poll: waiting.poll === true })
  } else if (frame && waiting.kind === 'call') {
    const op = programOf(run, frame).program.ops[frame.pc] as Op
    if ((op.op === 'await' && op.unsure) || (op.needs && !isHeld(run, frame, op.needs))) {
      fiber.wait = { kind: 'ready' }
      fiber.visits--
      runFiber(run, fiber)
    } else step(run, fiber, frame, op)
  } else if (frame && (waiting.kind === 'acquire' || waiting.kind === 'release')) {
    fiber.wait = { kind: 'ready' }
    if (waiting.kind === 'acquire') fiber.visits--
    runFiber(run, fiber)
  }
}

function suspend(run: Run, fiber: Fiber, waits: readonly WaitSpec[], arms?: readonly number[], poll = false): void {
  if (!poll) releaseForWait(run, fiber)
  fiber.wait = { kind: 'wait', waits, ...(arms ? { arms } : {}), ...(poll ? { poll } : {}) }
  run.effects.push({ kind: 'wait', fiber: fiber.id, waits, poll })
}

function wait(run: Run, fiber: Fiber, frame: Frame, op: WaitOp): void {
  const value = evaluate(run, frame, op.code)
  const spec = waitSpec(value)
  if (!spec) throw new TypeError('Only signals, delays and processes can be waited for')
  suspend(run, fiber, [spec])
}

function race(run: Run, fiber: Fiber, frame: Frame, op: RaceOp): void {
  const waits: WaitSpec[] = []
  const targets: number[] = []
  for (const arm of op.arms) {
    const value = evaluate(run, frame, arm.code)
    if (value === true) {
      frame.pc = arm.target
      return
    }
    const spec = waitSpec(value)
    if (!spec) continue
    waits.push(spec)
    targets.push(arm.target)
  }
  if (waits.length === 0 && op.otherwise !== undefined) frame.pc = op.otherwise
  else suspend(run, fiber, waits, targets, op.otherwise !== undefined)
}

function call(run: Run, fiber: Fiber, frame: Frame, op: CallOp): void {
  const args = evaluate(run, frame, op.args)
  fiber.stack.push(routineFrame(run, frame, op.routine, args).id)
}

function routineFrame(run: Run, frame: Frame, index: number, args: unknown): Frame {
  const routine = programOf(run, frame).program.routines[index]
  if (!routine) throw new Error(`Program ${frame.program} has no routine ${index}`)
  const up = routine.parent === undefined ? undefined : enclosing(run, frame, routine.parent)
  const made = addFrame(run.state, frame.program, index, routine.start, args, up)
  const around = up === undefined ? undefined : run.state.frames.get(up)
  for (const [own, from] of Object.entries(routine.boxes ?? {})) made.slots[own] = around?.slots[from]
  return made
}

/** The frame around a routine that is called from `frame`: the caller, or one that it is nested in. */
function enclosing(run: Run, frame: Frame, parent: number): number {
  let at = frame
  while (at.routine !== parent) at = run.state.frames.get(at.up as number) as Frame
  return at.id
}

function spawn(run: Run, fiber: Fiber, frame: Frame, op: SpawnOp): void {
  checkNoLock(run, fiber)
  const args = evaluate(run, frame, op.args)
  const child = start(run, frame, op.routine, args)
  if (op.to !== undefined) frame.slots[op.to] = { $fiber: child.id }
  frame.pc++
  runFiber(run, child)
}

function spawnEach(run: Run, fiber: Fiber, frame: Frame, op: SpawnEachOp): void {
  checkNoLock(run, fiber)
  const items = Array.from(evaluate(run, frame, op.code) as Iterable<unknown>)
  const children = items.map((item, index) => start(run, frame, op.routine, [item, index, items]))
  frame.slots[op.to] = children.map((child) => ({ $fiber: child.id }))
  frame.pc++
  for (const child of children) runFiber(run, child)
}

function start(run: Run, frame: Frame, routine: number, args: unknown): Fiber {
  return addFiber(run.state, [routineFrame(run, frame, routine, args).id], { kind: 'ready' })
}

function join(run: Run, fiber: Fiber, frame: Frame, op: JoinOp): void {
  const entries = evaluate(run, frame, op.code)
  if (Array.isArray(entries)) {
    entries.forEach((each: unknown, index) => {
      const spec = waitSpec(each)
      if (!spec && !isHandle(each) && isThenable(each)) throw new PlainPromiseError(`Promise.${op.mode} was given`)
      if (!spec) return
      const waiter = addWaiter(run.state, spec)
      entries[index] = { $fiber: waiter.id }
      run.effects.push({ kind: 'wait', fiber: waiter.id, waits: [spec], poll: false })
    })
  }
  fiber.wait = { kind: 'join' }
  checkJoin(run, fiber)
}

/** Goes on when what the fiber joins has come to an outcome. */
export function checkJoin(run: Run, fiber: Fiber): void {
  const frame = topFrame(run.state, fiber)
  if (fiber.wait.kind !== 'join' || !frame) return
  const op = programOf(run, frame).program.ops[frame.pc] as JoinOp | AwaitOp
  const value = evaluate(run, frame, op.code)
  const entries = op.op === 'join' ? [...(value as Iterable<unknown>)] : [value]
  const ended = entries.every((each) => !isHandle(each) || run.state.fibers.get(each.$fiber)?.outcome !== undefined)
  if (fiber.cancelled && ended) {
    const { reason } = fiber.cancelled
    delete fiber.cancelled
    return throwInto(run, fiber, new ProcessCancelled(reason))
  }
  const outcome = op.op === 'join' ? joinOutcome(run.state, op.mode, entries) : joinOutcome(run.state, 'race', entries)
  if (!outcome) return
  fiber.wait = { kind: 'ready' }
  if (outcome.kind === 'threw') throwInto(run, fiber, outcome.error)
  else deliver(run, frame, outcome.value)
}
