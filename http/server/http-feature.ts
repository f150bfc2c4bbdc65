/**
 * `HttpFeature({ port, host })`: serves the controllers of the app and its sub-apps. Add it last, after the features that routes
 * use: features start in order and stop in reverse, so that requests come when everything is there and end first.
 */
import {
  AbstractContainer,
  componentMeta,
  FetchHandlers,
  Logger,
  MetricsSource,
  type Application,
  type Component,
  type componentFacts,
  type ComponentMeta,
  type CreateContext,
  type FetchHandler,
  type MetricsText,
} from '@justscale/core'
import { HttpHandler } from './http-handler.ts'
import { HttpPages, type PagesOf } from './http-pages.ts'
import { BunHttpServer, HttpServer } from './http-server.ts'
import { monitoringPages } from './monitoring.ts'
import { mountRoutes } from './mounted-route.ts'
import type { HttpOptions } from './options.ts'

export interface HttpFeatureFacts {
  readonly name: 'HttpFeature'
  readonly requires: never
  readonly late: never
  readonly provides: typeof HttpServer
  readonly binds: typeof HttpServer
}

export interface HttpFeatureComponent extends Component {
  readonly [componentFacts]: HttpFeatureFacts
}

/**
 * Provides `HttpServer`. `.add(HttpFeature)` takes all defaults, `.add(HttpFeature({ port: 8080 }))` changes some. Start fails
 * with `HttpBindError` when it cannot listen, `RouteConflictError` when routes clash.
 */
export const HttpFeature: ((options?: HttpOptions) => HttpFeatureComponent) & HttpFeatureComponent = Object.assign(
  (options?: HttpOptions) => ({ [componentMeta]: describeFeature(options ?? {}) }) as unknown as HttpFeatureComponent,
  { [componentMeta]: describeFeature({}) } as unknown as HttpFeatureComponent,
)

function describeFeature(options: HttpOptions): ComponentMeta {
  return {
    kind: 'feature',
    name: 'HttpFeature',
    requires: {
      logger: Logger,
      container: AbstractContainer,
      mounted: FetchHandlers,
      pages: HttpPages,
      metrics: MetricsSource,
    },
    provides: [HttpServer],
    create: (dependencies, { app }: CreateContext) => makeServer(app, dependencies as unknown as Parts, options),
    onServe: [async ({ resolve }) => ((await resolve(HttpServer)) as BunHttpServer).listen()],
    onStop: [async ({ resolve }) => ((await resolve(HttpServer)) as BunHttpServer).close()],
  }
}

interface Parts {
  readonly logger: Logger
  readonly mounted: readonly FetchHandler[]
  readonly pages: readonly PagesOf[]
  readonly metrics: readonly MetricsText[]
}

function makeServer(app: Application<unknown>, parts: Parts, options: HttpOptions): BunHttpServer {
  let made: Promise<HttpHandler> | undefined
  const handler = () => (made ??= makeHandler())
  const server = new BunHttpServer(handler, options, parts.logger)
  return server

  async function makeHandler(): Promise<HttpHandler> {
    await app.prepare()
    const routes = await mountRoutes(app)
    const monitoring =
      options.monitoring === false
        ? []
        : monitoringPages({
            app,
            logger: parts.logger,
            sources: parts.metrics,
            ready: () => server.ready,
            metrics: () => built.metrics,
          })
    const pages = [...parts.pages.flatMap((pagesOf) => pagesOf(routes)), ...monitoring]
    const built: HttpHandler = await HttpHandler.make({
      app,
      routes,
      pages,
      mounted: parts.mounted,
      logger: parts.logger,
      options,
    })
    return built
  }
}
