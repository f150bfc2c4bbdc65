/** Points in time and dates may be given as `Temporal` values, `Date` objects or ISO text. */

export function isoInstantText(value: unknown): string {
  if (value instanceof Temporal.Instant || typeof value === 'string') return value.toString()
  if (value instanceof Date) return value.toISOString()
  throw new TypeError('not a point in time')
}

/** A `Date` counts as its day in UTC. Text must be a date and nothing more. */
export function isoDateText(value: unknown): string {
  if (value instanceof Temporal.PlainDate) return value.toString()
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  if (typeof value === 'string' && /^[+-]?\d{4,6}-\d\d-\d\d$/.test(value)) return value
  throw new TypeError('not a date')
}
