/**
 * Bytes in pieces that fit a page twice. What is larger than `PIECE` would be moved to a side table by Postgres, where an
 * update rewrites it whole and only vacuum cleans up; rows of at most this size are updated within their page.
 */
import { type Bytes, plainBytes } from '../../value/text-bytes.ts'

export const PIECE = 3_500

/** The part number under which what is left of a long head is kept. */
export const HEAD_OVERFLOW = -1

export function pieces(whole: Bytes): Bytes[] {
  if (whole.length <= PIECE) return [whole]
  const bytes = plainBytes(whole)
  const count = Math.ceil(bytes.length / PIECE)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * PIECE, (index + 1) * PIECE))
}

/** One row of the table `part`, before it is written. */
export interface PartRow {
  readonly process: string
  readonly number: number
  readonly chunk: number
  readonly chunks: number
  readonly data: Bytes
}

/** The rows that hold a head's overflow and a process's written parts. `head` is what stays in the process's own row. */
export function storedForm(
  process: string,
  head: Bytes,
  parts: ReadonlyMap<number, Bytes>,
): { readonly head: Bytes; readonly headChunks: number; readonly rows: readonly PartRow[] } {
  if (head.length <= PIECE && parts.size === 0) return { head, headChunks: 0, rows: [] }
  const [first = head, ...rest] = pieces(head)
  const rows = rest.map((data, chunk) => ({ process, number: HEAD_OVERFLOW, chunk, chunks: rest.length, data }))
  for (const [number, bytes] of parts) {
    const all = pieces(bytes)
    for (const [chunk, data] of all.entries()) rows.push({ process, number, chunk, chunks: all.length, data })
  }
  return { head: first, headChunks: rest.length, rows }
}
