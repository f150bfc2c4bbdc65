/** What users import from `@justscale/http`. For users first, for authors of features below. */
export { Delete, Get, Head, Options, Patch, Post, Put, SSE, Ws } from './route/verbs.ts'
export { HttpFeature } from './server/http-feature.ts'
export { HttpServer } from './server/http-server.ts'
export type { CorsOptions, HttpOptions, WebSocketOptions } from './server/options.ts'
export { httpPrefixed } from './server/http-prefixed.ts'
export { OpenApi, OpenApiFeature, type OpenApiOptions } from './openapi/open-api-feature.ts'
export { createClient, type Client, type ClientOptions } from './client/create-client.ts'
export type { SocketClient } from './client/socket-types.ts'
export { HttpCallError } from './client/http-call-error.ts'
export { createGuard, createMiddleware, type Guard, type Middleware } from './middleware/create-middleware.ts'
export {
  HttpError,
  CloseCodeError,
  HttpBindError,
  ResponseContractError,
  RouteConflictError,
  RouteDefinitionError,
  type Violation,
} from './errors.ts'
export type { CookieOptions, Reply, Responder } from './response/reply.ts'
export type { Problem } from './response/problem.ts'
export type { PlainQuery, RequestContext } from './route/context.ts'
export type { EventMessage } from './sse/event-message.ts'
export type { SocketContext } from './websocket/socket-context.ts'
export type { Procedure, Procedures } from './websocket/procedure.ts'
export type { BodyOptions, RouteDocumentation } from './route/route.ts'

// For authors of features.
export { HttpPages, type PagesOf } from './server/http-pages.ts'
export type { ServerPage } from './server/http-handler.ts'
export {
  buildDocument,
  type DocumentInfo,
  type OpenApiDocument,
  type SecurityScheme,
  type SecuritySchemes,
} from './openapi/build-document.ts'
export { mountRoutes, type MountedRoute } from './server/mounted-route.ts'
export { routeDescription, type HttpRoute, type RouteDescription } from './route/route.ts'

// What the declarations of users' own controllers have to name.
export type { Declared, EventsBuilder, RequestBuilder, SocketBuilder } from './route/route-builder.ts'
