/**
 * The commands of an app that cannot be put together, because its configuration is wrong for example: its help is asked for
 * all the same. Controllers that were not made are given stand-ins for what they inject, and nothing of them is ever called.
 */
import type { Application } from '../app/application.ts'
import { componentMeta, type CreateContext, type Dependencies } from '../container/component.ts'
import type { ControllerInstance } from '../controller/route.ts'
import { isCliRoute } from './cli-route.ts'
import type { AppCommand } from './find-command.ts'

/** Those whose controller cannot be described without what it injects are left out. */
export function describedCommands(app: Application<unknown>): AppCommand[] {
  const controllers = app.container.components('controller').map(({ component, instance }) => {
    if (instance !== undefined) return instance as ControllerInstance
    try {
      const { create } = component[componentMeta]
      return create?.(standIn() as Dependencies, standIn() as CreateContext) as ControllerInstance | undefined
    } catch {
      return undefined
    }
  })
  const routes = controllers.flatMap((controller) => Object.values(controller?.routes ?? {})).filter(isCliRoute)
  const inner = app.container.apps().flatMap((entry) => describedCommands(entry.app))
  return [...routes.map((route) => ({ app, route })), ...inner].sort((one, other) =>
    one.route.command < other.route.command ? -1 : 1,
  )
}

/** Has every member, and is itself what each of them is and gives. */
function standIn(): unknown {
  const any: unknown = new Proxy(function any() {}, {
    get: (_, key) => {
      if (key === 'then') return undefined
      if (key === Symbol.toPrimitive) return () => ''
      return key === Symbol.iterator ? () => [].values() : any
    },
    apply: () => any,
    construct: () => any as object,
  })
  return any
}
