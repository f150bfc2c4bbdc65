/**
 * What is stored of a process: a small plain head (fibers, frames, pcs), and the values of live slots as roots for the value
 * codec. Injected dependencies and bindings found in slots are stored by name; local functions are made again.
 */
import type { Environment, LoadedProgram } from '../program/environment.ts'
import type { Fiber, FiberWait, Frame, MachineState, Resource, Slots } from '../program/state.ts'
import type { WaitSpec } from '../program/wait.ts'
import type { StepOutcome } from '../step/step.ts'
import type { Root } from '../value/codec.ts'
import { cursorAt, isCursor, readPlace, writePlace } from './cursor.ts'
import { bindParent, isHandle } from './fiber.ts'
import { primitives } from './primitives.ts'

/** Plain JSON data. */
export interface Head {
  readonly program: string
  readonly next: number
  readonly status: MachineState['status']
  readonly frames: readonly FrameHead[]
  readonly fibers: readonly FiberHead[]
  readonly failed?: readonly FrameHead[]
  readonly cancelling?: true
  readonly holding?: true
}

/** What is stored by name: a dependency, a binding, or a global such as `Map`. */
type Known = readonly ['i' | 'b' | 'g', string]

interface FrameHead {
  readonly id: number
  readonly program: string
  readonly routine: number
  readonly pc: number
  readonly up?: number
  readonly resources?: readonly (readonly [slot: string, pc: number, kind: Resource['kind']])[]
  /** Slots holding an injected dependency or a binding: `i` or `b`, and its name. */
  readonly known?: Readonly<Record<string, Known>>
  /** Slots holding a loop's cursor: where it is in the value that is stored under the slot's name. */
  readonly cursors?: Readonly<Record<string, string>>
}

/** Behind a slot's name: the object of a `for in`, stored when something else holds it. */
const WEAK = '?'

interface FiberHead {
  readonly id: number
  readonly stack: readonly number[]
  readonly visits: number
  readonly wait: FiberWait['kind']
  readonly slot?: string
  readonly frame?: number
  readonly arms?: readonly number[]
  readonly ended?: number
  readonly cancelled?: true
}

type Mutable<Object> = { -readonly [Name in keyof Object]: Object[Name] }

export interface MachineSnapshot {
  readonly head: Head
  readonly roots: readonly Root[]
}

export function snapshot(state: MachineState, env: Environment): MachineSnapshot {
  const roots: Root[] = []
  const fibers = [...state.fibers.values()]
  if (fibers.length > 1) fibers.sort((a, b) => a.id - b.id)
  const frames = reachableFrames(state, fibers).map((each) => frameHead(each, env, '', roots))
  const kept = fibers.some(({ id, wait }) => id !== 0 && wait.kind === 'ended') ? withoutUnheld(fibers, roots) : fibers
  const head: Mutable<Head> = {
    program: state.program,
    next: state.next,
    status: state.status,
    frames,
    fibers: kept.map((each) => fiberHead(each, roots)),
  }
  if (state.failed) head.failed = state.failed.frames.map((each) => frameHead(each, env, 'x', roots))
  if (state.cancelling) head.cancelling = true
  if (state.holding) head.holding = true
  if (state.cancelling) roots.push({ name: 'cancelling', value: state.cancelling.reason })
  return { head, roots }
}

function frameHead(frame: Frame, env: Environment, prefix: string, roots: Root[]): FrameHead {
  const loaded = env.program(frame.program)
  let known: Record<string, Known> | undefined
  let cursors: Record<string, string> | undefined
  for (const slot of liveSlots(loaded, frame)) {
    const value = frame.slots[slot]
    if (value === undefined) continue
    const name = nameOf(value, env, loaded)
    const root = `${prefix}${frame.id}.${slot}`
    if (name) (known ??= {})[slot] = name
    else if (isCursor(value)) {
      ;(cursors ??= {})[slot] = writePlace(value.place())
      roots.push({ name: root, value: value.source })
      if (value.weak) roots.push({ name: `${root}${WEAK}`, value: value.weak, weak: true })
    } else roots.push({ name: root, value })
  }
  const head: Mutable<FrameHead> = { id: frame.id, program: frame.program, routine: frame.routine, pc: frame.pc }
  if (frame.up !== undefined) head.up = frame.up
  if (frame.resources !== undefined && frame.resources.size > 0)
    head.resources = [...frame.resources].map(([slot, each]) => [slot, each.pc, each.kind] as const)
  if (known !== undefined) head.known = known
  if (cursors !== undefined) head.cursors = cursors
  return head
}

/** Where a frame cannot usually stand (a failed one can), everything but functions and resources is kept. */
function liveSlots(loaded: LoadedProgram, frame: Frame): readonly string[] {
  const listed = loaded.program.live[String(frame.pc)]
  if (listed) return listed
  const remade = loaded.program.routines[frame.routine]?.remade ?? {}
  return Object.keys(frame.slots).filter(
    (slot) =>
      !(slot in remade) &&
      frame.resources?.get(slot)?.kind !== 'runtime' &&
      frame.resources?.get(slot)?.kind !== 'native',
  )
}

function nameOf(value: unknown, env: Environment, loaded: LoadedProgram): Known | undefined {
  if (typeof value !== 'object' && typeof value !== 'function') return undefined
  for (const key in env.dependencies) if (env.dependencies[key] === value) return ['i', key]
  if (typeof value !== 'function') return undefined
  for (const binding of loaded.program.bindings) if (loaded.bindings[binding.name] === value) return ['b', binding.name]
  if (Reflect.get(globalThis, value.name) === value) return ['g', value.name]
  return undefined
}

function fiberHead(fiber: Fiber, roots: Root[]): FiberHead {
  const { wait } = fiber
  if (wait.kind === 'wait') roots.push({ name: `w${fiber.id}`, value: wait.waits.map(plainWait) })
  if (fiber.outcome) roots.push({ name: `o${fiber.id}`, value: fiber.outcome })
  if (fiber.cancelled) roots.push({ name: `c${fiber.id}`, value: fiber.cancelled.reason })
  const head: Mutable<FiberHead> = { id: fiber.id, stack: fiber.stack.slice(), visits: fiber.visits, wait: wait.kind }
  if (wait.kind === 'acquire' || wait.kind === 'release') head.slot = wait.slot
  if (wait.kind === 'acquire') head.frame = wait.frame
  if (wait.kind === 'wait' && wait.arms) head.arms = wait.arms
  if (fiber.ended !== undefined) head.ended = fiber.ended
  if (fiber.cancelled) head.cancelled = true
  return head
}

/** A signal definition may be an object with methods: its name and parameters are what counts. */
function plainWait(wait: WaitSpec): WaitSpec {
  if (wait.kind === 'signal') return { ...wait, signal: { name: wait.signal.name, params: [...wait.signal.params] } }
  if (wait.kind === 'all' || wait.kind === 'settled') return { ...wait, waits: wait.waits.map(plainWait) }
  return wait
}

/** A fiber that ended is kept while somebody may still ask how. */
function withoutUnheld(fibers: readonly Fiber[], roots: readonly Root[]): readonly Fiber[] {
  const handles = heldFibers(roots)
  return fibers.filter((each) => each.id === 0 || each.wait.kind !== 'ended' || handles.has(each.id))
}

function reachableFrames(state: MachineState, fibers: readonly Fiber[]): readonly Frame[] {
  const frames = [...state.frames.values()]
  if (frames.length === 1 && fibers[0]?.stack.length === 1) return frames
  const reached = new Set<number>()
  const reach = (id: number | undefined): void => {
    if (id === undefined || reached.has(id)) return
    reached.add(id)
    reach(state.frames.get(id)?.up)
  }
  for (const fiber of fibers) for (const id of fiber.stack) reach(id)
  for (const frame of state.failed?.frames ?? []) reach(frame.up)
  return frames.filter((each) => reached.has(each.id))
}

/** Fibers that some live value has a handle of, anywhere in it, so that their outcome is still asked for. */
function heldFibers(roots: readonly Root[]): Set<number> {
  const found = new Set<number>()
  const seen = new Set<object>()
  const open: unknown[] = roots.map((each) => each.value)
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (isHandle(value)) found.add(value.$fiber)
    else if (value instanceof Map) for (const each of value.values()) open.push(each)
    else if (Array.isArray(value) || value instanceof Set) for (const each of value) open.push(each)
    else if (Object.getPrototypeOf(value) === Object.prototype) for (const each of Object.values(value)) open.push(each)
  }
  return found
}

/** The inverse of `snapshot`: resources come back as released, local functions as they are first used. */
export function restore(head: Head, values: ReadonlyMap<string, unknown>, env: Environment): MachineState {
  const state: MachineState = {
    program: head.program,
    frames: new Map(),
    fibers: new Map(),
    next: head.next,
    dirty: false,
    status: head.status,
  }
  for (const each of head.frames) state.frames.set(each.id, restoreFrame(each, '', values))
  for (const frame of state.frames.values())
    finishFrame(state, frame, head.frames.find((each) => each.id === frame.id) as FrameHead, env)
  for (const each of head.fibers) state.fibers.set(each.id, restoreFiber(each, values))
  if (head.failed) {
    const frames = head.failed.map((each) => restoreFrame(each, 'x', values))
    frames.forEach((frame, index) => finishFrame(state, frame, head.failed?.[index] as FrameHead, env))
    state.failed = { frames }
  }
  if (head.cancelling) state.cancelling = { reason: values.get('cancelling') }
  if (head.holding) state.holding = true
  return state
}

function restoreFrame(head: FrameHead, prefix: string, values: ReadonlyMap<string, unknown>): Frame {
  const slots: Slots = {}
  const start = `${prefix}${head.id}.`
  for (const [name, value] of values) if (name.startsWith(start)) slots[name.slice(start.length)] = value
  const frame: Frame = {
    id: head.id,
    program: head.program,
    routine: head.routine,
    pc: head.pc,
    slots,
    ...(head.up === undefined ? {} : { up: head.up }),
  }
  if (head.resources) {
    frame.resources = new Map(
      head.resources.map(([slot, pc, kind]) => [slot, { pc, kind, state: kind === 'listener' ? 'held' : 'released' }]),
    )
  }
  return frame
}

function finishFrame(state: MachineState, frame: Frame, head: FrameHead, env: Environment): void {
  bindParent(state, frame)
  const loaded = env.program(frame.program)
  for (const [slot, [kind, name]] of Object.entries(head.known ?? {})) {
    const holder = kind === 'i' ? env.dependencies : kind === 'b' ? loaded.bindings : globalThis
    frame.slots[slot] = Reflect.get(holder, name)
  }
  for (const [slot, place] of Object.entries(head.cursors ?? {})) {
    const weak = `${slot}${WEAK}`
    frame.slots[slot] = cursorAt(readPlace(place), frame.slots[slot], frame.slots[weak] as object | undefined)
    delete frame.slots[weak]
  }
  for (const [slot, code] of Object.entries(loaded.program.routines[frame.routine]?.remade ?? {})) {
    const set = (value: unknown): void => {
      Object.defineProperty(frame.slots, slot, { value, writable: true, configurable: true, enumerable: true })
    }
    Object.defineProperty(frame.slots, slot, {
      configurable: true,
      enumerable: false,
      set,
      get() {
        const value = loaded.code[code]?.(frame.slots, env.dependencies, loaded.bindings, primitives(env))
        set(value)
        return value
      },
    })
  }
}

function restoreFiber(head: FiberHead, values: ReadonlyMap<string, unknown>): Fiber {
  const outcome = values.get(`o${head.id}`) as StepOutcome | undefined
  return {
    id: head.id,
    stack: [...head.stack],
    visits: head.visits,
    wait: restoreWait(head, values),
    ...(outcome ? { outcome } : {}),
    ...(head.ended === undefined ? {} : { ended: head.ended }),
    ...(head.cancelled ? { cancelled: { reason: values.get(`c${head.id}`) } } : {}),
  }
}

function restoreWait(head: FiberHead, values: ReadonlyMap<string, unknown>): FiberWait {
  switch (head.wait) {
    case 'wait':
      return {
        kind: 'wait',
        waits: (values.get(`w${head.id}`) ?? []) as readonly WaitSpec[],
        ...(head.arms ? { arms: head.arms } : {}),
      }
    case 'acquire':
      return { kind: 'acquire', slot: head.slot ?? '', frame: head.frame ?? 0 }
    case 'release':
      return { kind: 'release', slot: head.slot ?? '' }
    default:
      return { kind: head.wait }
  }
}
