/**
 * A cron rule as the moments it names: five fields, or six with seconds first, in a time zone. When clocks are put on, a
 * fixed time that is left out comes at the end of the gap; when they are put back, a fixed time comes once. Pure: moments
 * in, moments out, in milliseconds since the epoch.
 */
import { Cron } from 'croner'
import { ScheduleDefinitionError } from '../errors.ts'

const SECOND = 1_000

export interface CronRule {
  /** The first moment after `time`; `undefined` when there is none. */
  after(time: number): number | undefined
  /** The last moment up to and with `time`; `undefined` when there is none. */
  upTo(time: number): number | undefined
}

/** Throws `ScheduleDefinitionError` for a rule or a time zone that is none, and for a rule that names no moment at all. */
export function cronRule(cron: string, timeZone: string): CronRule {
  const times = parse(cron, timeZone)
  const rule: CronRule = {
    after: (time) => times.nextRun(new Date(time))?.getTime(),
    // The moment asked about counts too, and moments are whole seconds.
    upTo: (time) => times.previousRuns(1, new Date((Math.floor(time / SECOND) + 1) * SECOND))[0]?.getTime(),
  }
  if (rule.after(0) === undefined) throw new ScheduleDefinitionError(`The cron rule '${cron}' names no moment`)
  return rule
}

/** The moment that a schedule, as stored, fires for next; `undefined` for a rule that this build cannot read. */
export function nextMoment(schedule: {
  readonly cron: string
  readonly timeZone: string
  readonly since: number
  readonly fired?: number
}): number | undefined {
  try {
    return cronRule(schedule.cron, schedule.timeZone).after(Math.max(schedule.since, schedule.fired ?? 0))
  } catch {
    return undefined
  }
}

function parse(cron: string, timeZone: string): Cron {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new ScheduleDefinitionError(`'${timeZone}' is no time zone`, {
      hint: "Use a name such as 'Europe/Amsterdam' or 'UTC'.",
      cause,
    })
  }
  try {
    return new Cron(cron, { timezone: timeZone, paused: true, mode: '5-or-6-parts' })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : String(cause)
    throw new ScheduleDefinitionError(`'${cron}' is no cron rule: ${why}`, {
      hint: "Five fields (minute, hour, day, month, weekday) or six with seconds first: '0 9 * * MON'.",
      cause,
    })
  }
}
