/**
 * What a fiber waits for, resolved: each arm of a wait is a tree of leaves that name a subscription or a timer of the
 * process. Of the arms that are ready the earliest wins (arrival or due time); source order decides only ties.
 */
import type { StepOutcome } from '../step/step.ts'
import type { InboxEntry } from '../store/records.ts'

export type Leaf =
  | { readonly kind: 'signal'; readonly subscription: number; readonly match?: Readonly<Record<string, string>> }
  | { readonly kind: 'timer'; readonly timer: number; readonly at: number }
  | { readonly kind: 'process'; readonly subscription: number; readonly path: string }
  | { readonly kind: 'group'; readonly settled: boolean; readonly leaves: readonly Leaf[] }

export interface WaitWorld {
  readonly now: number
  /** Unconsumed, oldest first. */
  readonly inbox: readonly InboxEntry[]
  decode(entry: InboxEntry): unknown
  /** The text of a payload's parameter, as routing sees it. */
  textOf(value: unknown): string
  /** How another process ended, when that is known without a message. */
  ended(path: string): { readonly at: number; readonly outcome: StepOutcome } | undefined
}

export interface Readiness {
  readonly at: number
  readonly outcome: StepOutcome
  /** Inbox entries that it uses up. */
  readonly entries: readonly InboxEntry[]
}

/** The arm that won, or `undefined` while none is ready. */
export function winner(
  leaves: readonly Leaf[],
  world: WaitWorld,
): ({ readonly index: number } & Readiness) | undefined {
  let best: ({ readonly index: number } & Readiness) | undefined
  for (const [index, leaf] of leaves.entries()) {
    const ready = readiness(leaf, world, new Set())
    if (ready !== undefined && (best === undefined || ready.at < best.at)) best = { index, ...ready }
  }
  return best
}

/** All leaves of a wait, groups opened. */
export function flatLeaves(leaves: readonly Leaf[]): readonly Exclude<Leaf, { kind: 'group' }>[] {
  return leaves.flatMap((leaf) => (leaf.kind === 'group' ? flatLeaves(leaf.leaves) : [leaf]))
}

function readiness(leaf: Leaf, world: WaitWorld, taken: Set<string>): Readiness | undefined {
  switch (leaf.kind) {
    case 'signal':
      return signalReadiness(leaf.subscription, leaf.match, world, taken)
    case 'timer':
      return leaf.at <= world.now
        ? { at: leaf.at, outcome: { kind: 'returned', value: undefined }, entries: [] }
        : undefined
    case 'process':
      return processReadiness(leaf.subscription, leaf.path, world)
    case 'group':
      return groupReadiness(leaf.leaves, leaf.settled, world, taken)
  }
}

function signalReadiness(
  subscription: number,
  match: Readonly<Record<string, string>> | undefined,
  world: WaitWorld,
  taken: Set<string>,
): Readiness | undefined {
  for (const entry of world.inbox) {
    if (entry.via !== subscription || taken.has(entry.id)) continue
    const value = world.decode(entry)
    const matches = Object.entries(match ?? {}).every(
      ([name, text]) => world.textOf(Reflect.get(Object(value), name)) === text,
    )
    if (!matches) continue
    taken.add(entry.id)
    return { at: entry.at, outcome: { kind: 'returned', value }, entries: [entry] }
  }
  return undefined
}

function processReadiness(subscription: number, path: string, world: WaitWorld): Readiness | undefined {
  const entry = world.inbox.find((candidate) => candidate.via === subscription)
  if (entry !== undefined) return { at: entry.at, outcome: world.decode(entry) as StepOutcome, entries: [entry] }
  const ended = world.ended(path)
  return ended && { ...ended, entries: [] }
}

function groupReadiness(
  leaves: readonly Leaf[],
  settled: boolean,
  world: WaitWorld,
  taken: Set<string>,
): Readiness | undefined {
  const parts: Readiness[] = []
  let failed: Readiness | undefined
  for (const leaf of leaves) {
    const ready = readiness(leaf, world, taken)
    if (ready !== undefined) parts.push(ready)
    if (ready?.outcome.kind === 'threw' && !settled && (failed === undefined || ready.at < failed.at)) failed = ready
  }
  if (failed !== undefined) return failed
  if (parts.length < leaves.length) return undefined
  const value = parts.map(({ outcome }) => {
    if (!settled) return outcome.kind === 'returned' ? outcome.value : undefined
    return outcome.kind === 'returned'
      ? { status: 'fulfilled', value: outcome.value }
      : { status: 'rejected', reason: outcome.error }
  })
  const at = parts.reduce((latest, part) => Math.max(latest, part.at), 0)
  return { at, outcome: { kind: 'returned', value }, entries: parts.flatMap((part) => part.entries) }
}
