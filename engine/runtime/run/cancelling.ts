/**
 * Cancelling a process that has children: they are cancelled first, and while they end it stands still. Calls in flight end,
 * with their signal aborted and what they give set aside; nothing it waits for is looked at. When the last child has ended,
 * the cancellation is thrown at its waits.
 */
import { ProcessCancelled } from '../../errors.ts'
import type { ProcessRecord } from '../../store/records.ts'
import { consume, type RunState } from './run-state.ts'

/** How a cancellation is kept in the head until it is thrown. */
export interface StoredCancelling {
  /** The encoded reason, as base64. */
  readonly reason: string
  /** Paths of the children waited for, with the numbers of the subscriptions to their ends. */
  readonly children: readonly (readonly [path: string, subscription: number])[]
  /** It had failed or was quarantined: nothing of it runs any more. */
  readonly stood?: true
}

export interface Cancelling {
  readonly reason: Uint8Array
  readonly children: Map<string, number>
  readonly stood: boolean
  /** Children that are waited for and have not been told. */
  untold: ProcessRecord[]
  /** Whether the children that there are now may be other ones than when it looked. */
  look: boolean
}

/** Begins it. A process that is being cancelled already goes on with that. */
export function beginCancelling(run: RunState, reason: Uint8Array): void {
  if (run.cancelling !== undefined || run.state.cancelling !== undefined) return
  const stood = run.status === 'failed' || run.status === 'quarantined'
  run.cancelling = { reason, children: new Map(), stood, untold: [], look: true }
  run.paused = false
  run.mustCommit = true
  if (stood) {
    run.status = 'running'
    run.starts = []
    return
  }
  const cancelled = new ProcessCancelled(run.node.codec.decodeValue(reason))
  for (const call of run.calls.values()) call.abort.abort(cancelled)
  run.inputs.push({ kind: 'hold' })
}

/** Looks for children, and throws the cancellation when there are none any more. */
export async function lookAtChildren(run: RunState, cancelling: Cancelling): Promise<void> {
  cancelling.look = false
  const live = await run.node.store.children(run.id)
  if (run.gone || run.cancelling !== cancelling) return
  for (const child of live) {
    if (cancelling.children.has(child.path)) continue
    cancelling.children.set(child.path, run.waits.watchEnd(child.path))
    cancelling.untold.push(child)
    run.mustCommit = true
  }
  if (live.length === 0 && run.calls.size + run.starts.length + run.outbox.starts.length === 0) finish(run, cancelling)
}

/** After a checkpoint: the subscriptions to the children's ends are stored, so that they can be told. */
export async function tellChildren(run: RunState, cancelling: Cancelling): Promise<void> {
  const { untold } = cancelling
  if (untold.length === 0) return
  cancelling.untold = []
  // One may have ended between the look and the subscription.
  cancelling.look = true
  const command = { kind: 'cancel', reason: cancelling.reason } as const
  await Promise.all(untold.map((child) => run.node.store.control(child.id, command)))
}

export function storedCancelling({ cancelling }: RunState): { readonly cancelling?: StoredCancelling } {
  if (cancelling === undefined) return {}
  const { reason, children, stood } = cancelling
  return {
    cancelling: {
      reason: Buffer.from(reason).toString('base64'),
      children: [...children],
      ...(stood ? { stood: true as const } : {}),
    },
  }
}

/** Whoever loads it tells the children again: its node may have died before it did. */
export async function loadCancelling(run: RunState, stored: StoredCancelling): Promise<void> {
  const children = new Map(stored.children)
  const live = await run.node.store.children(run.id)
  run.cancelling = {
    reason: Buffer.from(stored.reason, 'base64'),
    children,
    stood: stored.stood === true,
    untold: live.filter(({ path }) => children.has(path)),
    look: true,
  }
  await tellChildren(run, run.cancelling)
}

/** For people: what a process that is being cancelled waits for. */
export function describeCancelling({ cancelling }: RunState): readonly string[] | undefined {
  return cancelling && [...cancelling.children.keys()].map((path) => `end of ${path}, which is being cancelled`)
}

function finish(run: RunState, { reason: encoded, children, stood }: Cancelling): void {
  const ends = new Set(children.values())
  consume(
    run,
    run.inbox.filter(({ via }) => typeof via === 'number' && ends.has(via)),
  )
  run.waits.unwatchEnds()
  run.cancelling = undefined
  run.mustCommit = true
  const reason = run.node.codec.decodeValue(encoded)
  if (stood) {
    run.finished = {
      kind: 'finished',
      status: 'cancelled',
      outcome: { kind: 'threw', error: new ProcessCancelled(reason) },
    }
  } else run.inputs.push({ kind: 'cancel', reason })
}
