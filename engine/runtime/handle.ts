/**
 * A handle points at a process by its path, on whatever node it runs. It is a value: a process can keep it across waits,
 * and inside a process `await handle.result` is a durable wait.
 */
import { ProcessCancelled, ProcessNotFoundError } from '../errors.ts'
import { type WaitSpec, waitOf, type Waitable } from '../program/wait.ts'
import type { StepOutcome } from '../step/step.ts'
import { decodeControl } from '../store/control-payload.ts'
import type { LoadedProcess, ProcessRecord, ProcessStatus } from '../store/records.ts'
import type { EngineStore } from '../store/store.ts'
import type { ValueCodec, ValueType } from '../value/codec.ts'
import { requireEngine } from './engine-context.ts'
import { readHead } from './head-text.ts'

/** What a handle needs of its engine. */
export interface HandleSource {
  readonly store: EngineStore
  readonly codec: ValueCodec
  /** How a process ends that is in this node's memory: its outcome, or nothing when it only leaves it. `undefined`: not here. */
  ending?(path: string): Promise<Uint8Array | undefined> | undefined
}

export class ProcessHandle<Result = unknown> {
  /** The instance path: `/campaign/0192.../lifecycle`. */
  readonly path: string
  readonly #source: () => HandleSource
  /** Up to this state its failure is the one before a retry of this handle. */
  #retried = -1

  constructor(path: string, source: () => HandleSource) {
    this.path = path
    this.#source = source
  }

  /** Settles as the process ends, on any node: with its result, its error, or `ProcessCancelled`. Starts waiting when awaited. */
  get result(): PromiseLike<Result> & Waitable {
    return new ResultPromise<Result>(this.path, () => this.#settled())
  }

  /** Where the process is now. Rejects with `ProcessNotFoundError`. */
  get status(): Promise<ProcessStatus> {
    return this.#record().then((record) => record.status)
  }

  /** What the process published last, or `undefined`. */
  get data(): Promise<unknown> {
    return this.#record().then(({ data }) => (data === undefined ? undefined : this.#source().codec.decodeValue(data)))
  }

  /**
   * Cancels it and what it started: `ProcessCancelled` is thrown at its current wait, once. `false` when it has ended or was
   * cancelled before; one that caught that and goes on is ended by `terminate`.
   */
  async cancel(reason?: unknown): Promise<boolean> {
    const { codec, store } = this.#source()
    const { id } = await this.#record()
    const process = await store.load(id)
    if (process === undefined || isCancelled(process)) return false
    return store.control(id, { kind: 'cancel', reason: codec.encodeValue(reason, 'reason') })
  }

  /**
   * Ends it and what it started, whatever state it is in, without running any more of its code: no `catch`, no `finally`.
   * Its status is `cancelled` then and `result` rejects with `ProcessCancelled`. `false` when it has ended already.
   */
  async terminate(reason?: unknown): Promise<boolean> {
    const { codec } = this.#source()
    return this.#control({ kind: 'terminate', reason: codec.encodeValue(reason, 'reason') })
  }

  /**
   * Runs a failed or quarantined process again from the failing line. `result` of this handle is then how that ends. `false`
   * when it is neither.
   */
  async retry(): Promise<boolean> {
    const { id, seq, status } = await this.#record()
    if (status !== 'failed' && status !== 'quarantined') return false
    const taken = await this.#source().store.control(id, { kind: 'retry' })
    if (taken) this.#retried = seq
    return taken
  }

  /** Lets steps in flight end and starts nothing more until `resume`. */
  pause(): Promise<boolean> {
    return this.#control({ kind: 'pause' })
  }

  resume(): Promise<boolean> {
    return this.#control({ kind: 'resume' })
  }

  async #control(command: Parameters<EngineStore['control']>[1]): Promise<boolean> {
    const { id } = await this.#record()
    return this.#source().store.control(id, command)
  }

  async #record(): Promise<ProcessRecord> {
    const record = await this.#source().store.find(this.path)
    if (record === undefined) throw new ProcessNotFoundError(`No process has the path ${this.path}`)
    return record
  }

  async #settled(): Promise<Result> {
    const { store, codec, ending = nowhere } = this.#source()
    for (;;) {
      const here = await ending(this.path)
      if (here !== undefined) return settle(codec.decodeValue(here) as StepOutcome) as Result
      const record = await this.#record()
      const before = record.status === 'failed' && record.seq <= this.#retried
      if (record.outcome !== undefined && !before)
        return settle(codec.decodeValue(record.outcome) as StepOutcome) as Result
      await store.changed(record.id, record.seq, new AbortController().signal)
    }
  }
}

/** It was thrown `ProcessCancelled`, or is about to be. */
function isCancelled({ head: bytes, record, inbox }: LoadedProcess): boolean {
  if (inbox.some(({ via, payload }) => via === 'control' && decodeControl(payload).kind === 'cancel')) return true
  if (bytes.length === 0) return false
  const head = readHead(bytes, record.program)
  return head.cancelling !== undefined || head.machine.cancelling === true
}

function nowhere(): undefined {}

function settle(outcome: StepOutcome): unknown {
  if (outcome.kind === 'threw') throw outcome.error
  return outcome.value
}

class ResultPromise<Result> implements PromiseLike<Result>, Waitable {
  readonly [waitOf]: WaitSpec
  readonly #settled: () => Promise<Result>

  constructor(path: string, settled: () => Promise<Result>) {
    this[waitOf] = { kind: 'process', id: path }
    this.#settled = settled
  }

  then<Fulfilled = Result, Rejected = never>(
    fulfilled?: ((value: Result) => Fulfilled | PromiseLike<Fulfilled>) | null,
    rejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): PromiseLike<Fulfilled | Rejected> {
    return this.#settled().then(fulfilled, rejected)
  }
}

/** Handles are stored as their path. */
export const handleType: ValueType<ProcessHandle> = {
  tag: 'js:process',
  matches: (value): value is ProcessHandle => value instanceof ProcessHandle,
  encode: (handle) => handle.path,
  decode: (path) => new ProcessHandle(String(path), () => requireEngine('a process handle')),
}

/** The engine's errors keep their class. */
export const cancelledType: ValueType<ProcessCancelled> = {
  tag: 'js:cancelled',
  matches: (value): value is ProcessCancelled => value instanceof ProcessCancelled,
  encode: ({ reason, stack }) => ({ reason, stack }),
  decode: (stored) => {
    const { reason, stack } = stored as { reason: unknown; stack: string }
    return Object.assign(new ProcessCancelled(reason), { stack })
  },
}
