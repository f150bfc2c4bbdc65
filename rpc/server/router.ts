/** All RPC methods of an app, its sub-apps included, as handlers that both ports mount. */
import { createConnectRouter, type ConnectRouter, type ConnectRouterOptions } from '@connectrpc/connect'
import type { UniversalHandler } from '@connectrpc/connect/protocol'
import { compressionBrotli, compressionGzip } from '@connectrpc/connect-node'
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import type { AppContext, Logger } from '@justscale/core'
import { typesOf } from '../contract-types.ts'
import type { RpcRoute } from '../controller/implementer.ts'
import { RpcConfigError } from '../errors.ts'
import { HealthStatus, healthService } from './health.ts'
import { Call, implementation } from './invoke.ts'
import { reflectionServices } from './reflection.ts'

export interface RpcLimits {
  /** Largest message that is read, in bytes, after decompression. Default 4 MiB, as gRPC has it. */
  readonly readMaxBytes: number
  /** Largest message that is sent, in bytes. Default 64 MiB. */
  readonly writeMaxBytes: number
  /** Milliseconds in which the message of a call with only one must be there. Default 30,000. */
  readonly receiveMs: number
}

export interface RouterOptions extends RpcLimits {
  /** Serves grpc.health.v1.Health; undefined: not served. */
  readonly health: HealthStatus | undefined
  /** Serves grpc.reflection.v1 and v1alpha. */
  readonly reflection: boolean
  readonly shutdownSignal: AbortSignal
}

export interface RpcRouter {
  readonly services: readonly DescService[]
  /** By path, `/greeter.v1.Greeter/SayHello`. */
  readonly handlers: ReadonlyMap<string, UniversalHandler>
  /** The controllers' methods with one message each way, for the lean path of the gRPC port. */
  readonly unary: ReadonlyMap<string, Call>
  readonly calls: readonly Call[]
}

/** Throws RpcConfigError when two controllers implement one service. The app must be prepared. */
export function makeRouter(app: AppContext, logger: Logger, options: RouterOptions): RpcRouter {
  const controllers = rpcControllers(app)
  const types = typesOf(controllers.flatMap(({ routes }) => routes.map(({ service }) => service)))
  const router = createConnectRouter({ ...connectOptions(options), jsonOptions: { registry: types } })
  const services = new Map<string, DescService>()
  const implemented = new Map<string, string>()
  const unary = new Map<string, Call>()
  const calls: Call[] = []
  for (const { scope, controller, routes } of controllers) {
    const service = routes[0]?.service
    if (service === undefined) continue
    const other = implemented.get(service.typeName)
    if (other !== undefined)
      throw new RpcConfigError(`${service.typeName} is implemented by "${other}" and by "${controller}"`)
    implemented.set(service.typeName, controller)
    services.set(service.typeName, service)
    for (const route of routes) {
      const call = new Call(scope, logger, route, types)
      calls.push(call)
      router.rpc<DescMethod>(route.method, implementation(call))
      if (route.method.methodKind === 'unary') unary.set(`/${service.typeName}/${route.method.name}`, call)
    }
  }
  options.health?.setServices([...services.keys()])
  addBuiltIns(router, services, options)
  return {
    services: [...services.values()],
    unary,
    calls,
    handlers: new Map(router.handlers.map((handler) => [handler.requestPath, handler])),
  }
}

function connectOptions(options: RouterOptions): ConnectRouterOptions {
  return {
    acceptCompression: [compressionGzip, compressionBrotli],
    readMaxBytes: options.readMaxBytes,
    writeMaxBytes: options.writeMaxBytes,
    shutdownSignal: options.shutdownSignal,
  }
}

function addBuiltIns(router: ConnectRouter, services: Map<string, DescService>, options: RouterOptions): void {
  if (options.health !== undefined && !services.has(healthService.typeName)) {
    options.health.mount(router)
    services.set(healthService.typeName, healthService)
  }
  if (options.reflection) for (const service of reflectionServices(services)) service.mount(router)
}

interface ScopedController {
  readonly scope: AppContext
  readonly controller: string
  readonly routes: readonly RpcRoute[]
}

function rpcControllers(app: AppContext): ScopedController[] {
  const own = app.container.controllers({ transport: 'rpc' }).map((entry) => ({
    scope: app,
    controller: entry.name,
    routes: Object.values(entry.instance.routes) as unknown as readonly RpcRoute[],
  }))
  return [...own, ...app.container.apps().flatMap((entry) => rpcControllers(entry.app))]
}
