/**
 * A tiny runtime for the compiler's tests: runs a handler's program against services in memory, and, in `durable` mode,
 * throws the state away at every wait and goes on from its stored bytes, with every call made a second time after a crash
 * when `crash` says so.
 */
import {
  advance,
  createState,
  instantiate,
  markDurable,
  pendingEffects,
  restore,
  snapshot,
  type Head,
} from '../../machine/index.ts'
import type { Environment, LoadedProgram } from '../../program/environment.ts'
import { parseProgram, programText } from '../../program/hash.ts'
import type { Op } from '../../program/op.ts'
import type { Program, ProgramDebug } from '../../program/program.ts'
import type { Effect, Input, MachineState } from '../../program/state.ts'
import type { StepOutcome } from '../../step/step.ts'
import type { Snapshot, ValueCodec } from '../../value/codec.ts'
import { transform } from '../transform.ts'
import { KnownError } from './known-error.ts'

export type Services = Record<string, Record<string, (...args: never[]) => unknown>>

export interface Outcome {
  readonly result: unknown
  readonly error: string | undefined
  readonly trace: readonly string[]
  readonly published: readonly unknown[]
}

export interface DriveOptions {
  readonly services: Services
  readonly params?: Record<string, unknown>
  /** Drop the memory at every stop and reload from bytes. */
  readonly durable?: ValueCodec
  readonly bindings?: Record<string, unknown>
  /** Answers waits: index into the waits and the value. Default: the first. */
  readonly answer?: (waits: readonly unknown[], poll: boolean) => { index: number; value?: unknown }
  readonly cancelAt?: number
  /** Plants a bug. */
  readonly mutate?: (program: Program) => Program
  /** Everything happens twice: the first time, the memory is lost before it is stored. `trace` has the second time. */
  readonly crash?: true
  /** Told of every op that runs. */
  readonly onOp?: (op: Op) => void
  /** What the services append to: the order of calls. */
  readonly trace?: string[]
  /** Goes on from here instead of from the start. */
  readonly from?: StoredFrame
  /** Told of what is stored at every stop, in `durable` mode, with the number of calls made by then. */
  readonly onStop?: (stored: StoredFrame, calls: number) => void
}

/** What is stored of a process at a stop. */
export interface StoredFrame {
  readonly head: Head
  readonly values: Snapshot
}

/** A program as it is stored. */
export interface StoredProgram {
  readonly text: string
  readonly hash: string
  readonly loaded: (env: () => Environment, bindings: Record<string, unknown>) => LoadedProgram
}

export function compileSource(
  source: string,
  file = '/app/case.ts',
  mutate: (program: Program) => Program = (program) => program,
): StoredProgram {
  const result = transform(file, source)
  const [first] = result?.programs ?? []
  if (!first) throw new Error('Nothing to compile')
  return storedProgram(programText(mutate(first.program)), first.hash, first.debug)
}

export function storedProgram(text: string, hash: string, debug?: ProgramDebug): StoredProgram {
  return {
    text,
    hash,
    loaded: (env, bindings) => instantiate(parseProgram(text), hash, (binding) => bindings[binding.name], env, debug),
  }
}

const CRASHES = new Set(['call', 'acquire', 'wait'])

const MAX_TURNS = 20_000
/** Ops of a program with a planted bug, which may never end. */
const MAX_OPS = 20_000

export async function drive(source: string, options: DriveOptions): Promise<Outcome> {
  return driveProgram(compileSource(source, undefined, options.mutate), options)
}

export async function driveProgram(compiled: StoredProgram, options: DriveOptions): Promise<Outcome> {
  let looked = 0
  const trace = options.trace ?? []
  const published: unknown[] = []
  const loaded: { program?: LoadedProgram } = {}
  const env: Environment = {
    dependencies: options.services,
    isRead: () => false,
    program: () => {
      looked++
      if (options.mutate && looked > MAX_OPS) throw new Error('Does not end')
      return loaded.program as LoadedProgram
    },
    adopt: () => {
      throw new Error('no exported routines in this driver')
    },
    host: {
      currentStep: () => undefined,
      transaction: (body) => (body as () => unknown)(),
      retryDelay: (given, attempt) => (attempt < (given as { attempts: number }).attempts ? 10 : undefined),
    },
  }
  const load = (): LoadedProgram => {
    const made = compiled.loaded(() => env, { KnownError, ...options.bindings })
    return options.onOp ? watched(made, options.onOp) : made
  }
  loaded.program = load()
  const { from, durable: codec } = options
  let state = createState(compiled.hash, options.params ?? {})
  if (from && codec) state = restore(from.head, codec.decode(from.values), env)
  let effects = from ? pendingEffects(state, env) : advance(state, env, [{ kind: 'start' }])
  for (let turn = 0; turn < (options.mutate ? 300 : MAX_TURNS); turn++) {
    const end = effects.find((each) => each.kind === 'finished')
    for (const each of effects) if (each.kind === 'publish') published.push(each.value)
    if (end?.kind === 'finished') return outcome(end.outcome, trace, published)
    const open: Effect[] = effects.filter((each) => ['call', 'wait', 'acquire', 'release'].includes(each.kind))
    // What is being let go of is still in this memory.
    const holds = holdsLock(state) || open.some((each) => each.kind === 'release')
    if (codec && !holds) {
      const stored = store(state, env, codec)
      options.onStop?.(stored, trace.length)
      state = restore(stored.head, codec.decode(stored.values), env)
      loaded.program = load()
      effects = pendingEffects(state, env)
    } else effects = open
    markDurable(state)
    let inputs: readonly Input[] | undefined
    let lostCalls: readonly string[] | undefined
    const made = trace.length
    if (options.crash && codec && CRASHES.has(effects[0]?.kind as string) && !holds) {
      const stored = store(state, env, codec)
      const lost = await answers(effects, options)
      lostCalls = trace.splice(made)
      if (effects[0]?.kind === 'wait') inputs = lost
      if (effects[0]?.kind === 'acquire') dispose(lost)
      else advance(state, env, lost)
      state = restore(stored.head, codec.decode(stored.values), env)
      loaded.program = load()
      effects = pendingEffects(state, env)
    }
    inputs ??= options.cancelAt === turn ? [{ kind: 'cancel', reason: 'test' }] : await answers(effects, options)
    if (lostCalls && String(trace.slice(made)) !== String(lostCalls))
      throw new Error(`Made again after a crash, ${String(lostCalls)} is ${String(trace.slice(made))}`)
    if (inputs.length === 0) throw new Error(`Stuck: ${JSON.stringify(snapshot(state, env).head)}`)
    const next: Effect[] = []
    const [first] = inputs
    for (const input of [first as Input]) next.push(...advance(state, env, [input]))
    const waiting = effects
      .slice(1)
      .filter((each) => each.kind === 'finished' || ('fiber' in each && !hasEnded(state, each.fiber)))
    effects = [...waiting, ...next]
  }
  throw new Error('Does not end')
}

async function answers(effects: readonly Effect[], options: DriveOptions): Promise<Input[]> {
  const [effect] = effects
  if (!effect) return []
  switch (effect.kind) {
    case 'call':
    case 'acquire':
      return [{ kind: 'outcome', fiber: effect.fiber, outcome: await settle(() => effect.invoke()) }]
    case 'release': {
      const done = await settle(() => disposeOf(effect.resource))
      return effect.suspended ? [{ kind: 'start' }] : [{ kind: 'outcome', fiber: effect.fiber, outcome: done }]
    }
    case 'wait': {
      const { index, value } = options.answer?.(effect.waits, effect.poll) ?? { index: 0, value: undefined }
      return [{ kind: 'won', fiber: effect.fiber, index, outcome: { kind: 'returned', value } }]
    }
    default:
      return [{ kind: 'start' }]
  }
}

/** While a lock is held nothing is stored: its block is one unit, or starts again. */
function holdsLock(state: MachineState): boolean {
  return [...state.frames.values()].some((frame) =>
    [...(frame.resources?.values() ?? [])].some((each) => each.kind === 'runtime' && each.state === 'held'),
  )
}

/** As the runtime does it: asynchronously where the resource can. */
function disposeOf(resource: unknown): unknown {
  const { [Symbol.dispose]: plain, [Symbol.asyncDispose]: async } = (resource ?? {}) as Partial<
    Disposable & AsyncDisposable
  >
  return async ? async.call(resource) : plain?.call(resource)
}

/** A resource that was taken just before the end. */
function dispose([input]: readonly Input[]): void {
  if (input?.kind === 'outcome' && input.outcome.kind === 'returned')
    (input.outcome.value as Disposable | null)?.[Symbol.dispose]?.()
}

async function settle(body: () => unknown): Promise<StepOutcome> {
  try {
    return { kind: 'returned', value: await body() }
  } catch (error) {
    return { kind: 'threw', error }
  }
}

function hasEnded(state: MachineState, fiber: number): boolean {
  return state.fibers.get(fiber)?.wait.kind === 'ended'
}

/** The machine reads an op to run it: tells of each. */
function watched(loaded: LoadedProgram, onOp: (op: Op) => void): LoadedProgram {
  const ops = new Proxy(loaded.program.ops, {
    get(target, key) {
      const op: unknown = Reflect.get(target, key)
      if (typeof op === 'object') onOp(op as Op)
      return op
    },
  })
  return { ...loaded, program: { ...loaded.program, ops } }
}

function store(state: MachineState, env: Environment, codec: ValueCodec): StoredFrame {
  const { head, roots } = snapshot(state, env)
  return { head: JSON.parse(JSON.stringify(head)) as Head, values: codec.encode(roots).snapshot }
}

function outcome(result: StepOutcome, trace: readonly string[], published: readonly unknown[]): Outcome {
  return result.kind === 'returned'
    ? { result: result.value, error: undefined, trace, published }
    : { result: undefined, error: describeError(result.error), trace, published }
}

export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
