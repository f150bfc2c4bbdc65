/**
 * Schedules: what fires at the moments of a cron rule, once per cluster. A firing starts processes or emits signals; the
 * store notes it together with what it started, so that a moment is never fired for twice and never half.
 */
import { ScheduleDefinitionError } from '../errors.ts'
import { type CronRule, cronRule } from './cron-rule.ts'

/** One moment of a schedule. */
export interface Firing {
  readonly schedule: string
  /** The moment it fires for, in the schedule's time zone: the same however late it is. */
  readonly due: Temporal.ZonedDateTime
}

/**
 * What happens to moments that passed while no node was running: `latest` fires once, for the last of them; `all` fires for
 * each in order; `skip` drops those that are more than a minute old.
 */
export type MissedFirings = 'latest' | 'all' | 'skip'

const MISSED: readonly unknown[] = ['latest', 'all', 'skip'] satisfies readonly MissedFirings[]

export interface ScheduleOptions {
  /** Identity in the store, unique in the engine. The same name is the same schedule, also after the rule changed. */
  readonly name: string
  /** Minute, hour, day, month, weekday; with six fields, seconds first. `@daily` and the like work too. */
  readonly cron: string
  /** Default `UTC`. */
  readonly timeZone?: string
  /** Default `latest`. */
  readonly missed?: MissedFirings
  /**
   * Starts processes and emits signals; they go out with the note that the schedule fired, or not at all. Anything else done
   * here is not kept apart from other nodes: do work in a process. When it throws, it is called again until it succeeds.
   */
  fire(firing: Firing): unknown
}

/** A schedule as an engine takes it. */
export interface Schedule {
  readonly name: string
  readonly cron: string
  readonly timeZone: string
  readonly missed: MissedFirings
  readonly rule: CronRule
  fire(firing: Firing): unknown
}

/** Characters of a name at most: it is a key of an index. */
const LONGEST = 500

/** Throws `ScheduleDefinitionError` for a rule, time zone, name or `missed` that is none. */
export function defineSchedule(options: ScheduleOptions): Schedule {
  const { name, cron, timeZone = 'UTC', missed = 'latest' } = options
  if (name === '') throw new ScheduleDefinitionError('A schedule needs a name')
  if (!name.isWellFormed() || name.includes('\0') || name.length > LONGEST)
    throw new ScheduleDefinitionError(
      `A schedule cannot be called '${name.slice(0, 40)}': a name is well-formed text without \\0, of at most ${LONGEST} characters`,
    )
  if (!MISSED.includes(missed))
    throw new ScheduleDefinitionError(`missed of ${name} is '${missed}': it is one of ${MISSED.join(', ')}`)
  return { name, cron, timeZone, missed, rule: cronRule(cron, timeZone), fire: (firing) => options.fire(firing) }
}
