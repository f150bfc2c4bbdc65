/** The checkpoint: all that changed in a process since the last one, taken out of its memory in one synchronous step. */
import * as machine from '../../machine/index.ts'
import type { StepOutcome } from '../../step/step.ts'
import type { Checkpoint, ProcessStatus, SignalEmission } from '../../store/records.ts'
import { ValueTooLargeError } from '../../value/errors.ts'
import type { Head } from '../head.ts'
import { writeHead } from '../head-text.ts'
import { reachableNames } from '../interest.ts'
import { placeOf, RESULT, valueName } from '../place.ts'
import { endKey } from '../waits.ts'
import { placeValues } from './placing.ts'
import { describeCancelling, storedCancelling } from './cancelling.ts'
import { note, type RunState, stands } from './run-state.ts'
import { isReady } from './won-waits.ts'

/** Lines of the timeline that are collected in the head while the process runs. */
const LINES = 8

/** What is to be written now. Takes all pending changes: a failed write discards the process's memory. */
export function takeCheckpoint(run: RunState): Checkpoint {
  const finished = run.finished
  const over = finished !== undefined && finished.status !== 'failed'
  const running = run.calls.size + run.starts.length > 0 || run.inputs.length > 0
  const standing = run.paused ? 'paused' : running ? 'running' : 'waiting'
  const status: ProcessStatus = finished?.status ?? (stands(run) ? run.status : standing)
  if (finished === undefined && !stands(run) && run.waits.hasSubscriptions)
    run.waits.keepOnly(reachableNames(run.state, run.environment))
  const changes = run.waits.takeChanges(run.node.now())
  const outcome = finished && encodeOutcome(run, finished.outcome)
  run.outcome = outcome
  noteDropped(run, changes.unsubscribe)
  const keepLog = status === 'running' && run.log.length < LINES
  const values = over ? dropValues(run) : encodeValues(run, finished !== undefined, keepLog)
  const checkpoint: { -readonly [Name in keyof Checkpoint]: Checkpoint[Name] } = {
    id: run.id,
    shard: run.process.record.shard,
    seq: run.seq + 1,
    status,
    head: values.head,
    writeParts: values.writeParts,
    dropParts: values.dropParts,
    consume: run.consumed,
    wakes: run.wakes,
    timers: changes.timers,
    subscribe: changes.subscribe,
    unsubscribe: changes.unsubscribe,
    // Until it has looked whether the others ended already, whoever loads it has to look.
    runnable: !over && !run.paused && (run.watch.length > 0 || hasUntold(run) || isReady(run)),
    start: run.outbox.starts,
    emit: outcome === undefined ? run.outbox.emits : [...run.outbox.emits, endEmission(run, outcome)],
    place: over
      ? { line: 0, waits: [] }
      : placeOf(run.state, run.environment, describeCancelling(run) ?? run.waits.describe()),
    log: keepLog ? [] : run.log,
  }
  if (run.published !== undefined) checkpoint.data = run.published
  const ended = outcome ?? keptOutcome(run)
  if (ended !== undefined) checkpoint.outcome = ended
  if (run.cancelling !== undefined && run.outbox.starts.length > 0) run.cancelling.look = true
  if (run.consumed.length > 0) run.consumed = []
  if (run.wakes.length > 0) run.wakes = []
  if (!keepLog) run.log = []
  if (run.outbox.starts.length + run.outbox.emits.length > 0) run.outbox = { starts: [], emits: [] }
  run.published = undefined
  run.mustCommit = false
  run.moved = false
  machine.markDurable(run.state)
  return checkpoint
}

/** Until its children are told that they are cancelled, whoever loads it has to tell them. */
function hasUntold({ cancelling }: RunState): boolean {
  return cancelling !== undefined && cancelling.untold.length > 0
}

/** What lies in the inbox for a subscription that ends is gone with it. */
function noteDropped(run: RunState, ended: readonly number[]): void {
  if (ended.length === 0) return
  const dropped = run.inbox.filter(({ via }) => typeof via === 'number' && ended.includes(via))
  if (dropped.length === 0) return
  run.inbox = run.inbox.filter((entry) => !dropped.includes(entry))
  run.node.metrics.counters.signalsDropped += dropped.length
  note(run, 'dropped', `${dropped.length} signals that nothing waits for any more`)
}

/** A process that stays failed keeps its outcome. */
function keptOutcome(run: RunState): Uint8Array | undefined {
  return stands(run) ? run.process.record.outcome : undefined
}

function encodeValues(
  run: RunState,
  failed: boolean,
  keepLog: boolean,
): Pick<Checkpoint, 'head' | 'writeParts' | 'dropParts'> {
  const { head: machineHead, roots: all } = machine.snapshot(run.state, run.environment)
  // What a fiber waits for is in the head already, resolved.
  const { byFiber } = run.waits
  const roots =
    byFiber.size === 0 ? all : all.filter(({ name }) => name[0] !== 'w' || !byFiber.has(Number(name.slice(1))))
  const encoded = run.node.codec.encode(roots, run.snapshot)
  if (encoded.size > run.node.limits.error) {
    const largest = roots
      .map(({ name, value }) => ({ name, size: run.node.codec.encode([{ name, value }]).size }))
      .reduce((most, each) => (each.size > most.size ? each : most))
    throw new ValueTooLargeError(
      `Process ${run.path} would store ${encoded.size} bytes of values, ${largest.size} of them for ${valueName(largest.name)}; ${run.node.limits.error} is the limit`,
      {
        hint: 'Keep large data outside of the process and a reference to it inside, or raise `limits.error` of the engine.',
      },
    )
  }
  if (!failed && becameLarge(run, encoded.size))
    run.node.report({ kind: 'large', process: run.path, bytes: encoded.size })
  const { inside, values, write, drop } = placeValues(encoded, run.snapshot.parts, run.inside)
  run.snapshot = encoded.snapshot
  run.inside = inside
  const { waits, subscriptions, listeners, next } = run.waits.stored()
  const head: { -readonly [Name in keyof Head]: Head[Name] } = {
    machine: machineHead,
    roots: [...encoded.snapshot.roots],
    waits,
    subscriptions,
    listeners,
    next,
    values,
  }
  if (run.cancelling !== undefined) Object.assign(head, storedCancelling(run))
  if (keepLog && run.log.length > 0) head.log = run.log
  return { head: writeHead(head), writeParts: write, dropParts: drop }
}

/** Whether its values grew over the limit, or over the next power of two times the limit: told once, not at every checkpoint. */
function becameLarge(run: RunState, size: number): boolean {
  const { warning } = run.node.limits
  if (size <= warning) return false
  let before = 0
  for (const bytes of run.snapshot.parts.values()) before += bytes.length
  return before <= warning || Math.floor(Math.log2(size / warning)) > Math.floor(Math.log2(before / warning))
}

/** What a process that is over has stored: all of it goes. */
export function dropValues(run: RunState): Pick<Checkpoint, 'head' | 'writeParts' | 'dropParts'> {
  const dropParts = [...run.snapshot.parts.keys()].filter((part) => !run.inside.has(part))
  run.snapshot = { parts: new Map(), roots: new Map() }
  run.inside = new Map()
  return { head: new Uint8Array(), writeParts: new Map(), dropParts }
}

export function encodeOutcome(run: RunState, outcome: StepOutcome): Uint8Array {
  return run.node.codec.encodeValue(outcome, RESULT)
}

/** Tells whoever waits for its end. */
export function endEmission(run: RunState, outcome: Uint8Array): SignalEmission {
  return { signal: 'process', keys: [endKey(run.path)], payload: outcome }
}
