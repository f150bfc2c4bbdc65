/** The memory store's schedules: which are known, and what they fired for last. */
import type { ScheduleFiring, ScheduleRecord, ScheduleRule } from '../records.ts'

export class Schedules {
  readonly #byName = new Map<string, ScheduleRecord>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  put(rules: readonly ScheduleRule[]): readonly ScheduleRecord[] {
    return rules.map(({ name, cron, timeZone }) => {
      const known = this.#byName.get(name)
      if (known?.cron === cron && known.timeZone === timeZone) return known
      const record: ScheduleRecord = { firings: 0, ...known, name, cron, timeZone, since: this.#now() }
      this.#byName.set(name, record)
      return record
    })
  }

  all(): readonly ScheduleRecord[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Whether it is the first to fire for that moment, which has come. */
  fire({ name, due }: ScheduleFiring): boolean {
    const known = this.#byName.get(name)
    const now = this.#now()
    if (known === undefined || due > now || due <= Math.max(known.since, known.fired ?? 0)) return false
    this.#byName.set(name, { ...known, fired: due, firedAt: now, firings: known.firings + 1 })
    return true
  }
}
