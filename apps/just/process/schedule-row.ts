/** A schedule as the listing shows it. */
import type { InspectedSchedule } from '@justscale/engine/inspector'
import { tableOf } from '../program/print.ts'

export interface ScheduleRow {
  readonly name: string
  readonly cron: string
  readonly timeZone: string
  /** The moment it fired for last, ISO 8601; empty when it never did. */
  readonly fired: string
  readonly firings: number
  /** The moment it fires for next, ISO 8601. */
  readonly next: string
  /** Its moment came over a minute ago and no node has fired: none runs, or none has it any more. */
  readonly overdue: boolean
}

const MINUTE = 60_000

export function scheduleRow(
  { name, cron, timeZone, fired, firings, next }: InspectedSchedule,
  now: number,
): ScheduleRow {
  const text = (time: number | undefined) => (time === undefined ? '' : new Date(time).toISOString())
  const overdue = next !== undefined && now - next > MINUTE
  return { name, cron, timeZone, fired: text(fired), firings, next: text(next), overdue }
}

/** The rows in columns, or one line when there are none. */
export function scheduleTable(rows: readonly ScheduleRow[]): string {
  return tableOf(rows, 'no schedules')
}
