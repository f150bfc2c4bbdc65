/** The pause before the next attempt of `retry({ attempts, backoff, limit }, body)`. */
import { ProcessDefinitionError } from '../errors.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds, or `undefined` when no attempt is left. `attempt` is the one that failed, from 1. */
export function retryDelay(options: unknown, attempt: number): number | undefined {
  const {
    attempts,
    backoff = '1s',
    limit,
  } = Object(options) as { attempts?: unknown; backoff?: unknown; limit?: unknown }
  if (typeof attempts !== 'number' || !(attempts >= 1)) {
    throw new ProcessDefinitionError('retry({ attempts }) takes a number of attempts from 1')
  }
  if (attempt >= attempts) return undefined
  const pause = milliseconds(backoff) * 2 ** (attempt - 1)
  return limit === undefined ? pause : Math.min(pause, milliseconds(limit))
}

function milliseconds(value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(String(value)) ?? []
  if (amount === undefined || unit === undefined) {
    throw new ProcessDefinitionError(`'${String(value)}' is no duration`, {
      hint: "Write '500ms', '2s', '5m', '1h', '1d' or milliseconds.",
    })
  }
  return Number(amount) * (units[unit] ?? 1)
}
