/**
 * A running process as the machine sees it, what is fed to it and what it asks for. The state is plain mutable memory of
 * one process; what is stored of it is decided by `snapshot` (engine/machine/snapshot.ts).
 */
import type { StepOutcome } from '../step/step.ts'
import type { StepSite } from './program.ts'
import type { SignalDefinition, WaitSpec } from './wait.ts'

export type Slots = Record<string, unknown>

/** One call of a routine. */
export interface Frame {
  readonly id: number
  /** Hash of the program its routine is in. */
  readonly program: string
  readonly routine: number
  pc: number
  readonly slots: Slots
  /** Frame that holds the free variables of its routine. */
  readonly up?: number
  /** Resources (`using` slots) by state; native ones are disposed by the machine, others by the runtime. */
  resources?: Map<string, Resource>
}

export interface Resource {
  /** Pc of the acquire or listen op that made it. */
  readonly pc: number
  readonly kind: 'native' | 'runtime' | 'listener'
  /** `released`: given up at a durable wait, to be acquired again when next needed. */
  state: 'held' | 'released'
}

/** One line of execution: the handler's is fiber 0. */
export interface Fiber {
  readonly id: number
  /** Frame ids, the running one last. */
  readonly stack: number[]
  /** Steps this fiber has begun: part of the idempotency key. */
  visits: number
  /** What it stands for; `ready` fibers only exist while `advance` runs. */
  wait: FiberWait
  /** Set when the fiber's routine ended. */
  outcome?: StepOutcome
  /** When it ended, against other fibers. */
  ended?: number
  /** A cancellation to be thrown as soon as the step in flight ended. */
  cancelled?: { readonly reason: unknown }
}

export type FiberWait =
  | { readonly kind: 'ready' }
  /** A host call in flight, to be made again after a restart. */
  | { readonly kind: 'call' }
  /** `slot` is being acquired, for the first time or again. */
  | { readonly kind: 'acquire'; readonly slot: string; readonly frame: number }
  | { readonly kind: 'release'; readonly slot: string }
  | {
      readonly kind: 'wait'
      readonly waits: readonly WaitSpec[]
      readonly arms?: readonly number[]
      readonly poll?: true
    }
  /** Waits for fibers; entries that are not fibers are values or settled waits already. */
  | { readonly kind: 'join' }
  | { readonly kind: 'ended' }

export interface MachineState {
  /** Hash of the handler's program. */
  readonly program: string
  readonly frames: Map<number, Frame>
  readonly fibers: Map<number, Fiber>
  /** Next number for a frame, fiber or listener. */
  next: number
  /** Something since the last checkpoint could come out differently if it ran again. Cleared by `markDurable`. */
  dirty: boolean
  status: 'running' | 'completed' | 'failed' | 'cancelled'
  /** Where a failed process stood before its error unwound the stack: what `retry` goes back to. */
  failed?: { readonly frames: readonly Frame[] }
  cancelling?: { readonly reason: unknown }
  /** It stands still until it is cancelled: what calls in flight give is set aside. */
  holding?: true
}

export type Input =
  | { readonly kind: 'start' }
  /** How the fiber's call, acquire or release ended. */
  | { readonly kind: 'outcome'; readonly fiber: number; readonly outcome: StepOutcome }
  /** A wait is over: `index` into the effect's `waits`; `-1` answers a poll in which nothing was ready. */
  | { readonly kind: 'won'; readonly fiber: number; readonly index: number; readonly outcome: StepOutcome }
  | { readonly kind: 'cancel'; readonly reason: unknown }
  /** `cancel` follows later: nothing of it goes on until then. */
  | { readonly kind: 'hold' }
  /** Runs a failed process again from the failing line. */
  | { readonly kind: 'retry' }

export type Effect =
  /** A host call to make. Invoke late, inside the step's boundary; answer with an `outcome` input. */
  | CallEffect
  /** A resource to acquire in a unit that stays open until `release`; answer with an `outcome` input. */
  | AcquireEffect
  /** A resource to let go of. `suspended`: because of a durable wait, which follows; no answer is expected then. */
  | {
      readonly kind: 'release'
      readonly fiber: number
      readonly slot: string
      readonly frame: number
      readonly resource: unknown
      readonly suspended: boolean
    }
  /** A durable wait to set up; answer with a `won` input. `poll`: answer at once, with -1 when nothing is ready. */
  | { readonly kind: 'wait'; readonly fiber: number; readonly waits: readonly WaitSpec[]; readonly poll: boolean }
  | {
      readonly kind: 'listen'
      readonly id: number
      readonly signal: SignalDefinition
      readonly match: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'unlisten'; readonly id: number }
  | { readonly kind: 'drain'; readonly signal: SignalDefinition | { readonly listener: number } }
  | { readonly kind: 'publish'; readonly value: unknown }
  /** The fiber is gone (cancelled, or its process ended): abort its step, forget its waits. */
  | { readonly kind: 'drop'; readonly fiber: number }
  /** The process ended; always last. */
  | { readonly kind: 'finished'; readonly outcome: StepOutcome; readonly status: 'completed' | 'failed' | 'cancelled' }

export interface CallEffect {
  readonly kind: 'call'
  readonly fiber: number
  readonly site: StepSite
  /** Program and index of the site, for keys and records. */
  readonly program: string
  readonly step: number
  readonly visit: number
  readonly read: boolean
  /** True when something its arguments came from is not stored yet: checkpoint before it starts. */
  readonly durableFirst: boolean
  invoke(): unknown
}

export interface AcquireEffect {
  readonly kind: 'acquire'
  readonly fiber: number
  readonly frame: number
  readonly slot: string
  readonly site: StepSite
  readonly program: string
  readonly step: number
  readonly visit: number
  /** True when it was held before and given up at a wait. */
  readonly again: boolean
  readonly durableFirst: boolean
  invoke(): unknown
}
