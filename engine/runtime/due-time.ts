/** When a delay is over. Months and years are calendar months and years, in UTC. */
import type { DelayUnit } from '../program/wait.ts'

export function dueTime(now: number, amount: number, unit: DelayUnit): number {
  if (!Number.isFinite(amount) || amount < 0)
    throw new RangeError(`delay.${unit}(${amount}): the amount must be a finite number from 0`)
  const exact = exactMilliseconds[unit]
  if (exact !== undefined) return now + Math.round(amount * exact)
  if (!Number.isInteger(amount)) throw new RangeError(`delay.${unit}(${amount}): the amount must be a whole number`)
  return Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO('UTC')
    .add({ [unit]: amount }).epochMilliseconds
}

const DAY = 86_400_000
const exactMilliseconds: Partial<Record<DelayUnit, number>> = {
  milliseconds: 1,
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: DAY,
  weeks: 7 * DAY,
}
