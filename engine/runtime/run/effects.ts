/** What the machine asks for when it goes on: recorded in memory here; nothing starts before the turn says so. */
import { ProcessCancelled } from '../../errors.ts'
import * as machine from '../../machine/index.ts'
import type { Effect, Input } from '../../program/state.ts'
import type { StepOutcome } from '../../step/step.ts'
import type { InboxEntry } from '../../store/records.ts'
import { type Leaf, winner } from '../wait-plan.ts'
import { callOf } from './calls.ts'
import { acquireResource, blockOf, releaseResource } from './lock-block.ts'
import { consume, note, type RunState } from './run-state.ts'
import { worldOf } from './won-waits.ts'

export function advance(run: RunState, inputs: readonly Input[]): void {
  run.moved = true
  for (const input of inputs) record(run, input)
  applyEffects(run, machine.advance(run.state, run.environment, inputs))
}

/** What a step did by itself is written with the outcome that it had. */
function record(run: RunState, input: Input): void {
  const ended = run.unrecorded.get(input)
  if (ended === undefined) return
  run.unrecorded.delete(input)
  const { outbox } = ended
  if (outbox !== undefined && outbox.starts.length + outbox.emits.length > 0) {
    run.outbox.starts.push(...outbox.starts)
    run.outbox.emits.push(...outbox.emits)
    run.mustCommit = true
  }
  if (!ended.call.read) run.mustCommit = true
  if (!ended.call.read) note(run, 'step', ended.call.name)
}

export function applyEffects(run: RunState, effects: readonly Effect[]): void {
  for (const effect of effects) applyEffect(run, effect)
}

/** Calls that were in flight are made again; waits that are set up already stay as they are. */
export function applyPending(run: RunState): void {
  const pending = machine.pendingEffects(run.state, run.environment)
  applyEffects(
    run,
    pending.filter((effect) => effect.kind !== 'wait' || !run.waits.byFiber.has(effect.fiber)),
  )
}

function applyEffect(run: RunState, effect: Effect): void {
  switch (effect.kind) {
    case 'call':
      run.starts.push(callOf(run, effect, effect.read, blockOf(run, effect.fiber)))
      return
    case 'acquire':
      acquireResource(run, effect)
      return
    case 'release':
      releaseResource(run, effect)
      return
    case 'wait':
      beginWait(run, effect)
      return
    case 'listen':
      run.waits.listen(effect.id, effect.signal, effect.match)
      run.mustCommit = true
      return
    case 'unlisten':
      run.waits.unlisten(effect.id)
      return
    case 'drain': {
      const through = run.waits.through(effect.signal)
      const stale = run.inbox.filter((entry) => typeof entry.via === 'number' && through.has(entry.via))
      if (stale.length > 0) {
        run.node.metrics.counters.signalsDrained += stale.length
        note(run, 'drained', `${stale.length} of ${signalsOf(run, stale)}`)
      }
      consume(run, stale)
      return
    }
    case 'publish':
      run.published = run.node.codec.encodeValue(effect.value, 'published data')
      run.mustCommit = true
      return
    case 'drop':
      dropFiber(run, effect.fiber)
      return
    case 'finished':
      run.finished = effect
      run.mustCommit = true
  }
}

function beginWait(run: RunState, effect: Extract<Effect, { kind: 'wait' }>): void {
  const now = run.node.now()
  try {
    run.watch.push(...run.waits.begin(effect.fiber, effect.waits, now))
  } catch (error) {
    run.inputs.push({ kind: 'won', fiber: effect.fiber, index: 0, outcome: { kind: 'threw', error } })
    return
  }
  if (!effect.poll) return
  const won = winner(run.waits.byFiber.get(effect.fiber) ?? [], worldOf(run))
  run.waits.end(effect.fiber)
  if (won !== undefined) {
    noteWon(run, undefined, won.entries)
    consume(run, won.entries)
  }
  const outcome: StepOutcome = won?.outcome ?? { kind: 'returned', value: undefined }
  run.inputs.push({ kind: 'won', fiber: effect.fiber, index: won?.index ?? -1, outcome })
}

function dropFiber(run: RunState, fiber: number): void {
  run.waits.end(fiber)
  run.starts = run.starts.filter((call) => call.fiber !== fiber)
  for (const input of run.inputs) if ('fiber' in input && input.fiber === fiber) run.unrecorded.delete(input)
  run.inputs = run.inputs.filter((input) => !('fiber' in input) || input.fiber !== fiber)
  for (const [key, call] of run.calls) {
    if (call.fiber !== fiber) continue
    call.abort.abort(new ProcessCancelled('its result is no longer needed'))
    run.calls.delete(key)
  }
  if (run.block?.fiber === fiber) {
    void run.block.unit.abort(new ProcessCancelled('its fiber ended'))
    run.block = undefined
  }
}

/** Feeds every wait that is over to the machine, earliest arms first. */
export function winWaits(run: RunState): void {
  for (const [fiber, leaves] of [...run.waits.byFiber]) {
    if (run.block !== undefined && run.block.fiber !== fiber) continue
    const won = winner(leaves, worldOf(run))
    if (won === undefined) continue
    noteWon(run, leaves[won.index], won.entries)
    run.waits.end(fiber)
    consume(run, won.entries)
    run.mustCommit = true
    advance(run, [{ kind: 'won', fiber, index: won.index, outcome: won.outcome }])
    return
  }
}

/** For timeline and metrics: what a wait was won by. */
function noteWon(run: RunState, leaf: Leaf | undefined, entries: readonly InboxEntry[]): void {
  const { metrics } = run.node
  if (leaf?.kind === 'timer') {
    metrics.timerLateness.record(Math.max(0, run.node.now() - leaf.at) / 1_000)
    note(run, 'timer', new Date(leaf.at).toISOString())
    return
  }
  const names = signalsOf(run, entries)
  if (names === '') return note(run, 'woke', leaf?.kind ?? '')
  metrics.counters.signalsDelivered += entries.length
  note(run, 'signal', names)
}

/** The names of the signals that came through these subscriptions, each once. */
function signalsOf(run: RunState, entries: readonly InboxEntry[]): string {
  const names = entries.map(({ via }) => (typeof via === 'number' ? run.waits.signalOf(via) : ''))
  return [...new Set(names.filter((name) => name !== ''))].join(', ')
}
