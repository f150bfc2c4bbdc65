/** How a process leaves this node's memory: at rest, ended, or no longer this node's. */
import { placeOf } from '../place.ts'
import type { FinishedEffect, RunState } from './run-state.ts'

/** Stops at once: nothing more is started or committed. */
export function drop(run: RunState, reason: unknown): void {
  run.gone = true
  run.alarm?.scheduled.cancel()
  for (const call of run.calls.values()) call.abort.abort(reason)
  for (const tell of run.leaving.splice(0)) tell(undefined)
}

export function letGo(run: RunState): void {
  run.gone = true
  run.alarm?.scheduled.cancel()
  for (const tell of run.leaving.splice(0)) tell(undefined)
  run.node.released(run.id, run.status === 'waiting' ? run.waits.nextTimer(run.node.now()) : undefined)
}

/** What it did is not stored: it has gone on elsewhere, or is there to be claimed as it is stored, and nobody says so. */
export function loseTurn(run: RunState): void {
  letGo(run)
  run.node.missed()
}

export function afterEnd(run: RunState): boolean {
  const finished = run.finished as FinishedEffect
  if (finished.status === 'failed' && finished.outcome.kind === 'threw') {
    const { line } = placeOf(run.state, run.environment, [])
    run.node.report({ kind: 'failed', process: run.path, line, error: finished.outcome.error })
  } else if (finished.status !== 'failed')
    run.node.report({ kind: 'ended', process: run.path, status: finished.status })
  for (const tell of run.leaving.splice(0)) tell(run.outcome)
  drop(run, 'the process ended')
  letGo(run)
  return false
}
