/**
 * `createSchedule`: a cron schedule as a component of the app. It fires once per cluster at each moment of its rule, and what
 * it fires is a process that is started or a signal that is emitted:
 * `createSchedule({ name: 'nightly-report', cron: '0 3 * * *', inject: { report }, fire: ({ report }, { due }) => report({ ... }) })`.
 */
import { defineSchedule, type Firing, type MissedFirings, type Schedule } from '@justscale/engine'
import { currentApp, runInApp } from '../app/context.ts'
import { runInCell } from '../cell/run-in-cell.ts'
import type { Dependencies } from '../container/component.ts'
import { defineComponent, type InjectableComponent } from '../container/define-component.ts'
import { type InjectedDependencies, type Lazy, lazy } from '../container/token.ts'
import { ProcessEngine } from './process-engine.ts'

export interface ScheduleDefinition<Name extends string, Injected> {
  /** Identity in the store, unique in the app. The same name is the same schedule, also after its rule changed. */
  readonly name: Name
  /** Minute, hour, day, month, weekday; with six fields, seconds first: `0 9 * * MON`. `@daily` and the like work too. */
  readonly cron: string
  /** Default `UTC`. */
  readonly timeZone?: string
  /** What happens to moments that passed while no node was running (default `latest`: once, for the last of them). */
  readonly missed?: MissedFirings
  readonly inject?: Injected
  /**
   * Starts processes and emits signals; they go out with the note that the schedule fired, or not at all. Work belongs in a
   * process: anything else done here may happen on several nodes. When it throws, it is called again until it succeeds.
   */
  fire(dependencies: InjectedDependencies<Injected>, firing: Firing): unknown
}

interface EngineNeed {
  readonly engine: Lazy<typeof ProcessEngine>
}

/** A schedule of the app. Its rule is checked where it is written: throws `ScheduleDefinitionError`. */
export function createSchedule<const Name extends string, Injected extends Dependencies = Record<never, never>>(
  options: ScheduleDefinition<Name, Injected>,
): InjectableComponent<Name, Injected | EngineNeed, Schedule> {
  const { name, cron, timeZone, missed, inject } = options
  const rule = { name, cron, ...(timeZone && { timeZone }), ...(missed && { missed }) }
  defineSchedule({ ...rule, fire() {} })
  return defineComponent<Name, Injected, Schedule>({
    kind: 'schedule',
    name,
    ...(inject && { inject }),
    late: { engine: lazy(() => ProcessEngine) },
    create: (dependencies) => {
      const app = currentApp()
      const fire = (firing: Firing) =>
        runInCell({ name: `schedule ${name}` }, async () => await options.fire(dependencies, firing))
      return defineSchedule({
        ...rule,
        fire: (firing) => (app === undefined ? fire(firing) : runInApp(app, () => fire(firing))),
      })
    },
  }) as never
}
