/**
 * The head of a stored process: the machine's own head, which root lives in which part, and what it waits for. How it is
 * written is in `head-text.ts`; heads of earlier builds are read by `head-first.ts`.
 */
import type { Head as MachineHead } from '../machine/index.ts'
import type { StoredCancelling } from './run/cancelling.ts'
import type { Snapshot } from '../value/codec.ts'
import type { LogLine } from '../store/records.ts'
import type { Bytes } from '../value/text-bytes.ts'
import type { Leaf } from './wait-plan.ts'

export interface Head {
  /** The machine's snapshot without the values. */
  readonly machine: MachineHead
  readonly roots: readonly (readonly [name: string, part: number])[]
  /** One entry per fiber that waits: a leaf per arm. */
  readonly waits: readonly (readonly [fiber: number, leaves: readonly Leaf[]])[]
  readonly subscriptions: readonly (readonly [number: number, key: string, signal: string])[]
  readonly listeners: readonly (readonly [id: number, subscription: number])[]
  /** It is to be cancelled once its children have ended. */
  readonly cancelling?: StoredCancelling
  /** Parts that are small enough to be kept here. */
  readonly values?: readonly (readonly [part: number, bytes: Bytes])[]
  /** Lines of the timeline that are not written there yet. */
  readonly log?: readonly LogLine[]
  /** Next number for a subscription or timer. */
  readonly next: number
  /** Not begun yet. */
  readonly fresh?: true
}

/** All parts of a stored process: those of its own and those in its head. */
export function partsOf(parts: Snapshot['parts'], { values = [] }: Head): Snapshot['parts'] {
  return values.length === 0 ? parts : new Map([...parts, ...values])
}
