/**
 * Steps: host calls performed, each attempt in a unit of work of its own or in the open lock block's, and their outcomes
 * taken back. Where the unit has a transaction that the store can join, the checkpoint is its last statement.
 */
import { FencedError } from '../../errors.ts'
import type { Input } from '../../program/state.ts'
import { type StepOutcome, StepRetry, type StepUnit } from '../../step/step.ts'
import type { JoinableTransaction } from '../../step/transaction.ts'
import type { Checkpoint } from '../../store/records.ts'
import { ValueEncodeError, ValueTooLargeError } from '../../value/errors.ts'
import type { Call } from '../call.ts'
import { Join, type Joiner } from '../join.ts'
import { openOutbox, type Outbox } from '../outbox.ts'
import { inUnit, stepOf } from './calls.ts'
import { takeCheckpoint } from './checkpoint.ts'
import { advance } from './effects.ts'
import { afterEnd, loseTurn } from './end.ts'
import { note, type RunState } from './run-state.ts'
import { accepted, discard, failHere, lookAfter } from './storing.ts'

/** Attempts of a step whose transaction is lost again and again, and the wait between them, in milliseconds. */
const ATTEMPTS = 8
const backoff = (attempt: number) => Math.min(1_000, 10 * 2 ** attempt)

export function launch(run: RunState): void {
  const starts = run.starts
  run.starts = []
  for (const call of starts) {
    if (run.calls.has(call.key)) continue
    if (call.block !== undefined) run.block ??= call.block
    run.calls.set(call.key, call)
    void perform(run, call)
  }
}

async function perform(run: RunState, call: Call): Promise<void> {
  for (let attempt = 1; !run.gone; attempt++) {
    run.node.metrics.counters.steps++
    const step = stepOf(run, call, attempt)
    const outbox = openOutbox(step, run.process.record)
    const unit = call.block?.unit ?? run.node.host.open(step)
    const join = new Join((run.joiner ??= joiner(run)), call)
    let retry: StepRetry | undefined
    try {
      const outcome = await inUnit(run, unit, step, call.invoke)
      outbox.open = false
      const ending = endUnit(run, call, unit, join, outcome, outbox)
      if (ending !== undefined) await ending
    } catch (error) {
      outbox.open = false
      try {
        retry = await attemptFailed(run, call, unit, join, error)
      } catch (failure) {
        return failure instanceof FencedError ? loseTurn(run) : run.giveUp(failure)
      }
    } finally {
      join.letGo()
    }
    if (retry === undefined) break
    run.node.report({ kind: 'retried', process: run.path, step: call.name, attempt, error: retry })
    if (attempt >= ATTEMPTS) {
      settled(run, call, { kind: 'threw', error: retry.cause ?? retry })
      break
    }
    await new Promise<void>((resolve) => run.node.clock.schedule(backoff(attempt), resolve))
  }
  void run.again()
}

/** The call has come to an outcome: its unit ends, with the checkpoint in it where it can. A promise where that takes time. */
function endUnit(
  run: RunState,
  call: Call,
  unit: StepUnit,
  join: Join,
  outcome: StepOutcome,
  outbox: Outbox,
): Promise<unknown> | undefined {
  if (run.gone || run.calls.get(call.key) !== call)
    return call.block === undefined ? unit.abort('the process is gone') : undefined
  if (call.block !== undefined && !call.ends) {
    takeOver(run, outbox)
    answered(run, call, outcome)
    return undefined
  }
  join.prepare(outcome, outbox)
  const closing = unit.close(join)
  if (closing !== 'detached') return unitEnded(run, call, join, outcome, outbox, closing)
  settled(run, call, outcome, outbox)
  return undefined
}

async function unitEnded(
  run: RunState,
  call: Call,
  join: Join,
  outcome: StepOutcome,
  outbox: Outbox,
  closing: Promise<'joined' | 'detached'>,
): Promise<void> {
  if ((await closing) === 'joined') await join.accepted()
  else settled(run, call, outcome, outbox)
}

async function attemptFailed(
  run: RunState,
  call: Call,
  unit: StepUnit,
  join: Join,
  error: unknown,
): Promise<StepRetry | undefined> {
  await unit.abort(error)
  if (run.gone) return undefined
  if (error instanceof FencedError) {
    loseTurn(run)
    return undefined
  }
  if (error instanceof StepRetry && error.committed === 'unknown' && (await join.isCommitted())) {
    await join.accepted()
    return undefined
  }
  if (join.written || call.block !== undefined) return undo(run, call, error)
  if (error instanceof StepRetry) return error
  settled(run, call, { kind: 'threw', error })
  return undefined
}

/**
 * The commit that the process had gone on in failed. A lost transaction runs the step (or the whole block) again; what
 * cannot be stored fails the process; any other refusal is thrown at the step.
 */
async function undo(run: RunState, call: Call, error: unknown): Promise<undefined> {
  run.calls.delete(call.key)
  if (error instanceof ValueEncodeError || error instanceof ValueTooLargeError) {
    await failHere(run, error)
    return undefined
  }
  await discard(run, error)
  if (error instanceof StepRetry || call.block !== undefined || run.gone) return undefined
  run.starts = run.starts.filter((start) => start.key !== call.key)
  settled(run, call, { kind: 'threw', error })
  return undefined
}

function joiner(run: RunState): Joiner {
  return {
    lock: () => run.mutex.acquire(),
    accepts: (transaction) => run.node.store.accepts(transaction),
    write: (call, outcome, outbox, transaction) => writeJoined(run, call, outcome, outbox, transaction),
    isCommitted: (seq) => run.node.session.committed(run.id, seq),
    joined: (checkpoint) => joined(run, checkpoint),
  }
}

/** Called by a join inside the user's transaction: runs on from the outcome and writes what that gives. */
async function writeJoined(
  run: RunState,
  call: Call,
  outcome: StepOutcome,
  outbox: Outbox,
  transaction: JoinableTransaction,
): Promise<Checkpoint> {
  run.calls.delete(call.key)
  if (call.ends) run.block = undefined
  takeOver(run, outbox)
  note(run, 'step', call.name)
  advance(run, [{ kind: 'outcome', fiber: call.fiber, outcome }])
  const checkpoint = takeCheckpoint(run)
  await run.node.session.commitIn(transaction, checkpoint)
  return checkpoint
}

async function joined(run: RunState, checkpoint: Checkpoint): Promise<void> {
  run.node.metrics.counters.joinedCommits++
  run.node.metrics.counters.commits++
  if (accepted(run, checkpoint)) await lookAfter(run)
  if (run.finished !== undefined) afterEnd(run)
}

/** What a step did besides goes with the next checkpoint. */
function takeOver(run: RunState, { starts, emits }: Outbox): void {
  if (starts.length > 0) run.outbox.starts.push(...starts)
  if (emits.length > 0) run.outbox.emits.push(...emits)
}

/** The outcome of a call that committed what it did by itself, if anything: what else it did goes with the outcome. */
function settled(run: RunState, call: Call, outcome: StepOutcome, outbox?: Outbox): void {
  if (call.ends) run.block = undefined
  run.unrecorded.set(answered(run, call, outcome), { call, outbox })
}

function answered(run: RunState, call: Call, outcome: StepOutcome): Input {
  const input: Input = { kind: 'outcome', fiber: call.fiber, outcome }
  run.calls.delete(call.key)
  run.inputs.push(input)
  return input
}
