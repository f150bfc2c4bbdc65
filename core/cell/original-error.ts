/**
 * What a `using` block threw, when its disposal failed as a consequence. JavaScript wraps both in a SuppressedError whose
 * `error` is the later one; at the edge of a cell the first is what the caller has to see.
 */
import { CoreError } from '../errors.ts'

export function originalError(error: unknown): unknown {
  let current = error
  while (current instanceof SuppressedError && isConsequence(current.error, current.suppressed)) {
    current = current.suppressed
  }
  return current
}

function isConsequence(later: unknown, earlier: unknown): boolean {
  if (later === earlier) return true
  if (later instanceof SuppressedError)
    return isConsequence(later.error, earlier) && isConsequence(later.suppressed, earlier)
  return later instanceof CoreError && (later.code === 'CORE_UNSAVED_CHANGES' || later.code === 'CORE_TRANSACTION_LOST')
}
