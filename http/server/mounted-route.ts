/** A route in its app: which controller it is from, its whole path, and its steps ready to run. */
import type { Application, ControllerEntry } from '@justscale/core'
import { RouteConflictError } from '../errors.ts'
import { prepareSteps, type PreparedStep } from '../request/run-steps.ts'
import { comparePaths, checkPath, joinPath, pathShape } from '../route/path.ts'
import { isHttpRoute, routeDescription, type RouteDescription } from '../route/route.ts'
import { prefixOf } from './http-prefixed.ts'

export interface MountedRoute extends RouteDescription {
  readonly app: Application<unknown>
  /** Of the controller, for listings. */
  readonly controller: string
  /** Of the route in its controller. */
  readonly name: string
  /** `GET /orders/:order`. */
  readonly title: string
  readonly prepared: readonly PreparedStep[]
  /** Its body is a stream, which takes as long as it takes. */
  readonly uploads: boolean
}

/** Every HTTP route of an app and its sub-apps, in the order in which they are tried. Throws `RouteConflictError`. */
export async function mountRoutes(app: Application<unknown>, prefix = ''): Promise<readonly MountedRoute[]> {
  const routes = await collect(app, prefix)
  const seen = new Map<string, MountedRoute>()
  for (const route of routes) {
    const key = `${route.method} ${pathShape(route.path)} ${route.kind}`
    const other = seen.get(key)
    if (other !== undefined) throw new RouteConflictError(route.title, other.controller, route.controller)
    seen.set(key, route)
  }
  return [...routes].sort((one, other) => comparePaths(one.path, other.path))
}

async function collect(app: Application<unknown>, prefix: string): Promise<readonly MountedRoute[]> {
  const own = app.container.controllers({ transport: 'http' }).flatMap((entry) => controllerRoutes(app, entry, prefix))
  const subApps = app.container.apps().map((entry) => collect(entry.app, joinPath(prefix, prefixOf(entry.wrappers))))
  return (await Promise.all([Promise.all(own), ...subApps])).flat()
}

function controllerRoutes(app: Application<unknown>, entry: ControllerEntry, prefix: string): Promise<MountedRoute>[] {
  const { prefix: own, routes, name } = entry.instance
  return Object.entries(routes)
    .filter(([, route]) => isHttpRoute(route))
    .map(async ([routeName, route]) => {
      if (!isHttpRoute(route)) throw new TypeError('not an HTTP route')
      const description = route[routeDescription]
      const path = checkPath(joinPath(prefix, own, description.path))
      const prepared = await prepareSteps(path, description.steps, app.container)
      return {
        ...description,
        app,
        controller: name,
        name: routeName,
        path,
        title: `${description.method} ${path}`,
        prepared,
        uploads: description.steps.some((step) => step.kind === 'body' && step.type === 'stream'),
      }
    })
}
