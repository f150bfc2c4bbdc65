/** Routes as the listing shows them. */
import type { Application, ControllerEntry, Route } from '@justscale/core'
import { mountRoutes, type MountedRoute } from '@justscale/http'

export interface RouteRow {
  /** `GET`, `SSE`, `WS`, `CALL` (a procedure of the socket before it), `RPC`, `CLI`. */
  readonly method: string
  /** Path, full name of the RPC method, or words of the command. */
  readonly route: string
  /** `controller.route`. */
  readonly handler: string
}

/** HTTP first, in the order in which requests are matched; then the other transports. The app must be prepared. */
export async function routeRows(app: Application<unknown>): Promise<readonly RouteRow[]> {
  return [...(await mountRoutes(app)).flatMap(httpRows), ...otherRows(app)]
}

function httpRows(route: MountedRoute): readonly RouteRow[] {
  const method = route.kind === 'events' ? 'SSE' : route.kind === 'socket' ? 'WS' : route.method
  const handler = `${nameOf(route.controller)}.${route.name}`
  const procedures = Object.keys(route.procedures ?? {})
  return [
    { method, route: route.path, handler },
    ...procedures.map((name) => ({ method: 'CALL', route: `${route.path} ${name}`, handler: `${handler}.${name}` })),
  ]
}

function otherRows(app: Application<unknown>): readonly RouteRow[] {
  const own = app.container.controllers().flatMap((entry) =>
    Object.entries(entry.instance.routes)
      .filter(([, route]) => route.transport !== 'http')
      .map(([name, route]) => otherRow(entry, name, route)),
  )
  return [...own, ...app.container.apps().flatMap((entry) => otherRows(entry.app))]
}

function otherRow({ instance }: ControllerEntry, name: string, route: Route): RouteRow {
  const words = wordsOf(route)
  return {
    method: route.transport.toUpperCase(),
    route: words ?? `${instance.name}/${name}`,
    handler: `${nameOf(instance.name)}.${name}`,
  }
}

/** A command says its words. */
function wordsOf(route: Route): string | undefined {
  return 'command' in route && typeof route.command === 'string' ? route.command : undefined
}

function nameOf(controller: string): string {
  return controller.replace(/^controller /, '')
}
