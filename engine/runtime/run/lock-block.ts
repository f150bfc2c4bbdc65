/** Lock blocks in a handler: from `using x = await ...` to the end of its scope, one unit of work, one fiber at a time. */
import type { AcquireEffect } from '../../program/state.ts'
import { type Block, LazyAbort } from '../call.ts'
import { dispose } from '../dispose.ts'
import { callOf, stepOf } from './calls.ts'
import type { ReleaseEffect, RunState } from './run-state.ts'

export function blockOf(run: RunState, fiber: number): Block | undefined {
  return run.block?.fiber === fiber ? run.block : undefined
}

/** Opens a lock block, or joins the fiber's own; another fiber's must end first. */
export function acquireResource(run: RunState, effect: AcquireEffect): void {
  if (run.block !== undefined && run.block.fiber !== effect.fiber) {
    run.held.push(effect)
    return
  }
  const opens = run.block === undefined
  const call = callOf(run, effect, false, blockOf(run, effect.fiber))
  const step = stepOf(run, call, 1)
  const block = run.block ?? {
    fiber: effect.fiber,
    unit: run.node.host.open(step),
    step,
    resources: new Set<string>(),
  }
  block.resources.add(`${effect.frame}.${effect.slot}`)
  // The block takes effect after the checkpoint that its opening may need.
  run.starts.push({ ...call, block, durableFirst: opens && (call.durableFirst || run.mustCommit) })
}

export function releaseResource(run: RunState, effect: ReleaseEffect): void {
  if (effect.suspended) {
    run.releases.push(effect)
    return
  }
  const block = blockOf(run, effect.fiber)
  block?.resources.delete(`${effect.frame}.${effect.slot}`)
  const key = `${effect.fiber}/release/${effect.frame}.${effect.slot}`
  run.starts.push({
    key,
    fiber: effect.fiber,
    name: `release ${effect.slot}`,
    read: false,
    idempotencyKey: `${run.id}/${key}`,
    durableFirst: false,
    abort: new LazyAbort(),
    ...(block ? { block } : {}),
    ...(block && block.resources.size === 0 ? { ends: true as const } : {}),
    invoke: () => dispose(effect.resource),
  })
}
