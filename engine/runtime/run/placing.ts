/**
 * Where values are stored: small and busy ones inside the head, which every checkpoint writes anyway; large ones, and those
 * that stay as they are, in parts of their own, which are not written again. So a process with small locals is one row.
 */
import type { EncodedSnapshot, Snapshot } from '../../value/codec.ts'
import type { Bytes } from '../../value/text-bytes.ts'

/** Bytes up to which a value may always be inside, from which it never is, and of all that is inside together. */
const SMALL = 128
const LARGE = 1_500
const INSIDE = 2_400
/** A value that stays the same for so many checkpoints moves to a part of its own. */
const SETTLED = 3

/** Parts that are inside the head, and for how many checkpoints each has stayed the same. */
export type Inside = ReadonlyMap<number, number>

export interface Placement {
  readonly inside: Inside
  /** For the head. */
  readonly values: readonly (readonly [part: number, bytes: Bytes])[]
  /** For parts of their own. */
  readonly write: ReadonlyMap<number, Bytes>
  readonly drop: readonly number[]
}

const NONE: ReadonlyMap<number, Bytes> = new Map()

/** `stored`: the parts as of the last checkpoint, of which `before` were inside the head. */
export function placeValues(
  { snapshot, written, dropped }: EncodedSnapshot,
  stored: Snapshot['parts'],
  before: Inside,
): Placement {
  const inside = new Map<number, number>()
  const values: (readonly [number, Bytes])[] = []
  let write: Map<number, Bytes> | undefined
  const isOutside = (part: number) => stored.has(part) && !before.has(part)
  const drop = dropped.length === 0 ? [] : dropped.filter(isOutside)
  let room = INSIDE
  for (const [part, bytes] of snapshot.parts) {
    const age = written.includes(part) ? 0 : (before.get(part) ?? 0) + 1
    const busy = !isOutside(part) && age < SETTLED
    if (bytes.length <= room && (bytes.length <= SMALL || (busy && bytes.length <= LARGE))) {
      room -= bytes.length
      inside.set(part, age)
      values.push([part, bytes])
      if (isOutside(part)) drop.push(part)
    } else if (age === 0 || !isOutside(part)) (write ??= new Map()).set(part, bytes)
  }
  return { inside, values, write: write ?? NONE, drop }
}
