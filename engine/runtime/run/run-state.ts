/** What a node keeps in memory of one running process, and the small questions and notes that every part of a turn has. */
import type { Scheduled } from '../../clock/clock.ts'
import { Mutex } from '../mutex.ts'
import type { Environment } from '../../program/environment.ts'
import type { Effect, Input, MachineState } from '../../program/state.ts'
import type { StepOutcome } from '../../step/step.ts'
import type {
  InboxEntry,
  LoadedProcess,
  LogLine,
  ProcessStatus,
  SignalEmission,
  StartRequest,
} from '../../store/records.ts'
import type { Snapshot } from '../../value/codec.ts'
import type { Block, Call } from '../call.ts'
import type { Joiner } from '../join.ts'
import type { Inside } from './placing.ts'
import type { NodeContext } from '../node-context.ts'
import type { Outbox } from '../outbox.ts'
import type { Waits } from '../waits.ts'
import type { Cancelling } from './cancelling.ts'

export type ReleaseEffect = Extract<Effect, { kind: 'release' }>
export type FinishedEffect = Extract<Effect, { kind: 'finished' }>

export class RunState {
  readonly id: string
  readonly path: string
  readonly node: NodeContext
  /** Tries further turns; never rejects. */
  readonly again: () => Promise<void>
  /** It cannot be run now, as a call of it found out: leaves it alone for a while. */
  readonly giveUp: (error: unknown) => void
  /** One turn, or one joined commit, at a time. */
  readonly mutex = new Mutex()
  /** What a step's commit asks of this process. */
  joiner: Joiner | undefined
  /** Host calls in flight, by key. */
  readonly calls = new Map<string, Call>()
  /** How other processes that it waits for ended, by path. */
  readonly ended = new Map<string, { readonly at: number; readonly outcome: StepOutcome }>()
  /** As loaded. */
  process: LoadedProcess
  environment!: Environment
  state!: MachineState
  /** The values as last encoded. */
  snapshot!: Snapshot
  /** Which of them are in the head. */
  inside: Inside = new Map()
  waits!: Waits
  seq = 0
  status: ProcessStatus = 'running'
  inbox: InboxEntry[] = []
  /** For the machine's next advance. */
  inputs: Input[] = []
  /** Calls that ended without a commit of their own, by the outcome that waits to be taken: what they did goes with it. */
  unrecorded = new Map<Input, { readonly call: Call; readonly outbox: Outbox | undefined }>()
  /** Calls to start once what they follow from is stored. */
  starts: Call[] = []
  /** Resources given up for a durable wait, not yet disposed. */
  releases: ReleaseEffect[] = []
  /** The lock block that is open, and what other fibers want to open after it. */
  block: Block | undefined
  held: Effect[] = []
  /** For the next checkpoint: inbox entries used up, processes and signals of steps, published data, timeline. */
  consumed: string[] = []
  /** Wake-ups it was loaded with that no checkpoint has named yet. */
  wakes: readonly string[] = []
  outbox: { starts: StartRequest[]; emits: SignalEmission[] } = { starts: [], emits: [] }
  published: Uint8Array | undefined
  log: LogLine[] = []
  /** It is to be cancelled once its children have ended. */
  cancelling: Cancelling | undefined
  /** It is to end here and now, for this encoded reason. */
  terminating: Uint8Array | undefined
  finished: FinishedEffect | undefined
  /** How it ended, as stored with its last checkpoint. */
  outcome: Uint8Array | undefined
  /** Told once when it leaves this node's memory: how it ended, or nothing. */
  readonly leaving: ((outcome: Uint8Array | undefined) => void)[] = []
  /** Paths of processes that it newly waits for: they may have ended already. */
  watch: string[] = []
  mustCommit = false
  /** The machine went on since the last checkpoint. */
  moved = false
  /** The stored row says that there is something to do. */
  storedRunnable = false
  /** When it was last told what arrived. */
  told: number
  /** When a turn is tried because a timer is due while it is in memory. */
  alarm: { readonly at: number; readonly scheduled: Scheduled } | undefined
  paused = false
  gone = false
  turning = false

  constructor(node: NodeContext, process: LoadedProcess, again: () => Promise<void>, giveUp: (error: unknown) => void) {
    this.node = node
    this.process = process
    this.again = again
    this.giveUp = giveUp
    this.told = node.clock.now()
    this.id = process.record.id
    this.path = process.record.path
    this.seq = process.record.seq
    this.status = process.record.status
  }
}

export function hasInput(run: RunState): boolean {
  return run.inputs.some((input) => admits(run, input))
}

/** What the machine is to be given now. */
export function takeInputs(run: RunState): readonly Input[] {
  const all = run.inputs
  if (all.length === 0) return all
  run.inputs = run.block === undefined ? [] : all.filter((input) => !admits(run, input))
  return run.block === undefined ? all : all.filter((input) => admits(run, input))
}

/** While a lock block is open only its own fiber goes on, so that its checkpoint holds nobody else's change. */
export function admits(run: RunState, input: Input): boolean {
  return run.block === undefined || !('fiber' in input) || input.fiber === run.block.fiber
}

/** It failed or was quarantined, and nobody asked for more than that. */
export function stands(run: RunState): boolean {
  return (run.status === 'failed' || run.status === 'quarantined') && run.finished === undefined
}

export function consume(run: RunState, entries: readonly InboxEntry[]): void {
  const used = new Set(entries.map((entry) => entry.id))
  run.inbox = run.inbox.filter((entry) => !used.has(entry.id))
  run.consumed.push(...used)
  if (used.size > 0) run.mustCommit = true
}

export function note(run: RunState, kind: string, text: string): void {
  run.log.push({ at: run.node.now(), kind, text })
}
