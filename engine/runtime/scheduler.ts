/**
 * Fires the schedules of an engine. Every node looks at the clock for itself; the store decides which of them fires. What a
 * firing starts and emits is gathered as a step's is, and written with the note that it fired.
 */
import type { Clock, Scheduled } from '../clock/clock.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { ScheduleDefinitionError } from '../errors.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { enterStep } from '../step/current-step.ts'
import type { Step } from '../step/step.ts'
import type { ScheduleRecord } from '../store/records.ts'
import type { EngineStore } from '../store/store.ts'
import type { EngineEvent } from './event.ts'
import { openOutbox } from './outbox.ts'
import { isStoreAway, type StoreHealth } from './store-health.ts'

/** Milliseconds before it is tried again what failed, at first and at most. */
const AGAIN = 1_000
const LONGEST = 60_000
/** Milliseconds between two looks at most, where the store's clock is another one and may run apart. */
const LOOK = 60_000
/** How late a firing may be, in milliseconds, that is not made up for. */
const LATE = 60_000
/** Milliseconds to wait when the store says that the moment has not come yet. */
const EARLY = 20

export interface SchedulerSettings {
  readonly store: EngineStore
  readonly clock: Clock
  readonly metrics: Metrics
  /** Store time. */
  now(): number
  enter<Result>(body: () => Result): Result
  readonly health: StoreHealth
  report(event: EngineEvent): void
}

export class Scheduler {
  readonly #settings: SchedulerSettings
  readonly #schedules = new Map<string, Schedule>()
  readonly #timers = new Map<string, Scheduled>()
  #running = false

  constructor(settings: SchedulerSettings) {
    this.#settings = settings
  }

  /** Throws `ScheduleDefinitionError` when the name is taken. */
  add(schedule: Schedule): void {
    if (this.#schedules.has(schedule.name))
      throw new ScheduleDefinitionError(`Two schedules have the name '${schedule.name}'`)
    this.#schedules.set(schedule.name, schedule)
  }

  /** Makes its schedules known to the store and begins to fire them. */
  async start(): Promise<void> {
    const schedules = [...this.#schedules.values()]
    if (schedules.length === 0) return
    const rules = schedules.map(({ name, cron, timeZone }) => ({ name, cron, timeZone }))
    const records = await this.#settings.store.putSchedules(rules)
    this.#running = true
    for (const [index, schedule] of schedules.entries()) void this.#look(schedule, records[index])
  }

  stop(): void {
    this.#running = false
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** Fires for moments that have come, and sleeps until the next. Never rejects. */
  async #look(schedule: Schedule, known?: ScheduleRecord, failures = 0): Promise<void> {
    try {
      const pause = await this.#fireDue(schedule, known)
      this.#sleep(schedule, pause, 0)
    } catch (error) {
      if (!this.#running) return
      if (isStoreAway(error)) this.#settings.health.failed(error)
      else this.#settings.report({ kind: 'schedule', schedule: schedule.name, error })
      this.#sleep(schedule, Math.min(LONGEST, AGAIN * 2 ** failures), failures + 1)
    }
  }

  #sleep(schedule: Schedule, pause: number, failures: number): void {
    if (!this.#running) return
    const wake = () => void this.#look(schedule, undefined, failures)
    this.#timers.set(schedule.name, this.#settings.clock.schedule(pause, wake))
  }

  /** Answers how many milliseconds there are to the next look. */
  async #fireDue(schedule: Schedule, known?: ScheduleRecord): Promise<number> {
    const { store, now } = this.#settings
    let record = known ?? (await this.#record(schedule))
    for (; this.#running;) {
      const due = dueMoment(schedule, record, now())
      if (due === undefined) break
      if (!(await this.#fire(schedule, due))) {
        record = await this.#record(schedule)
        if (dueMoment(schedule, record, now()) === due) return EARLY
        continue
      }
      this.#settings.metrics.counters.scheduleFirings++
      record = { ...record, fired: due }
    }
    const next = schedule.rule.after(Math.max(record.since, record.fired ?? 0, now()))
    const pause = next === undefined ? LOOK : Math.max(0, next - now())
    return store.capabilities.announces ? pause : Math.min(LOOK, pause)
  }

  async #record({ name, cron, timeZone }: Schedule): Promise<ScheduleRecord> {
    const all = await this.#settings.store.schedules()
    const known = all.find((record) => record.name === name)
    if (known !== undefined) return known
    const [put] = await this.#settings.store.putSchedules([{ name, cron, timeZone }])
    return put as ScheduleRecord
  }

  async #fire(schedule: Schedule, due: number): Promise<boolean> {
    const { store, now, enter } = this.#settings
    const { name, timeZone, missed } = schedule
    if (missed === 'skip' && now() - due > LATE) return store.fire({ name, due, start: [], emit: [] })
    const moment = Temporal.Instant.fromEpochMilliseconds(due).toZonedDateTimeISO(timeZone)
    const step = stepOf(name, moment)
    const outbox = openOutbox(step)
    try {
      await enter(() => enterStep(step, () => schedule.fire({ schedule: name, due: moment })))
    } finally {
      outbox.open = false
    }
    return store.fire({ name, due, start: outbox.starts, emit: outbox.emits })
  }
}

/** The moment to fire for now, if any has come since it fired last. */
function dueMoment({ rule, missed }: Schedule, { since, fired = 0 }: ScheduleRecord, now: number): number | undefined {
  const last = Math.max(since, fired)
  const due = missed === 'all' ? rule.after(last) : rule.upTo(now)
  return due !== undefined && due > last && due <= now ? due : undefined
}

function stepOf(name: string, due: Temporal.ZonedDateTime): Step {
  return {
    process: `schedule ${name}`,
    name: 'fire',
    kind: 'effect',
    idempotencyKey: `schedule/${name}/${due.toInstant().toString()}`,
    attempt: 1,
    signal: new AbortController().signal,
  }
}
