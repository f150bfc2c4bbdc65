/** When a delay is over. Months and years are calendar months and years, in UTC. */
import { LAST_MOMENT } from '../machine/primitives.ts'
import type { DelayUnit } from '../program/wait.ts'

export function dueTime(now: number, amount: number, unit: DelayUnit): number {
  if (!Number.isFinite(amount) || amount < 0)
    throw new RangeError(`delay.${unit}(${amount}): the amount must be a finite number from 0`)
  const exact = exactMilliseconds[unit]
  if (exact === undefined && !Number.isInteger(amount))
    throw new RangeError(`delay.${unit}(${amount}): the amount must be a whole number`)
  const due = exact === undefined ? onCalendar(now, amount, unit) : now + Math.round(amount * exact)
  if (!(due <= LAST_MOMENT))
    throw new RangeError(`delay.${unit}(${amount}) ends after the year 275760, where dates end`)
  return due
}

/** `NaN` where no calendar goes. */
function onCalendar(now: number, amount: number, unit: DelayUnit): number {
  try {
    const from = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO('UTC')
    return from.add({ [unit]: amount }).epochMilliseconds
  } catch {
    return Number.NaN
  }
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
