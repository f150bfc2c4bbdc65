/** Which waits of a process are over, by what lies in its inbox, what time it is and which other processes ended. */
import type { InboxEntry } from '../../store/records.ts'
import { type WaitWorld, winner } from '../wait-plan.ts'
import type { RunState } from './run-state.ts'

export function isReady(run: RunState): boolean {
  if (run.paused || run.cancelling !== undefined || run.waits.byFiber.size === 0) return false
  const world = worldOf(run)
  return [...run.waits.byFiber.values()].some((leaves) => winner(leaves, world) !== undefined)
}

/** Beside a call in flight its timers are not left to its node: the next turn is at the next of them. */
export function awaitTimers(run: RunState): void {
  const { clock, now } = run.node
  const at = run.paused || run.cancelling !== undefined ? undefined : run.waits.nextTimer(now())
  if (at === run.alarm?.at) return
  run.alarm?.scheduled.cancel()
  run.alarm = at === undefined ? undefined : { at, scheduled: clock.schedule(at - now(), () => ring(run)) }
}

function ring(run: RunState): void {
  run.alarm = undefined
  void run.again()
}

/** The world as its waits see it. */
export function worldOf(run: RunState): WaitWorld {
  return {
    now: run.node.now(),
    inbox: run.inbox,
    decode: (entry: InboxEntry) => run.node.codec.decodeValue(entry.payload),
    textOf: run.node.textOf,
    ended: (path: string) => run.ended.get(path),
  }
}
