/** Routes on one path and method: a handler, an event stream and a socket can share it, and the request says which it wants. */
import { pathOf } from '../request/request-path.ts'
import type { Exchange } from './exchange.ts'
import type { MountedRoute } from './mounted-route.ts'
import { decoded, type Params } from './router.ts'

export type RouteGroup = readonly [MountedRoute, ...MountedRoute[]]

export function groupRoutes(routes: readonly MountedRoute[]): RouteGroup[] {
  const groups = Map.groupBy(routes, (route) => `${route.method} ${route.path}`)
  return [...groups.values()].map((group) => group as unknown as RouteGroup)
}

export function chooseRoute(group: RouteGroup, request: Request): MountedRoute {
  if (group.length === 1) return group[0]
  const upgrade = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
  const events = request.headers.get('accept')?.includes('text/event-stream') === true
  const wanted = upgrade ? 'socket' : events ? 'events' : 'request'
  return group.find((route) => route.kind === wanted) ?? group[0]
}

/** Parameters with the rest of the path that `*` stands for, as `rest`. */
export function wildcardNamed(route: MountedRoute, { request, params }: Exchange): Params {
  if (!route.path.endsWith('/*')) return params
  const skipped = route.path.split('/').length - 1
  const rest = pathOf(request.url).split('/').slice(skipped).map(decoded).join('/')
  return { ...params, rest }
}
