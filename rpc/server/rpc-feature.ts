/**
 * `.add(RpcFeature)` serves every RPC controller of the app and its sub-apps. `.add(RpcFeature({ port: 9000 }))` with
 * other options.
 */
import {
  configurable,
  createContribution,
  createFeatureBuilder,
  FetchHandlers,
  Logger,
  componentMeta,
  type Component,
  type componentFacts,
  type CreateContext,
  type HookContext,
} from '@justscale/core'
import { storedGrpcError } from '../status/stored-grpc-error.ts'
import { RpcServer, RpcServing, type RpcOptions } from './rpc-server.ts'

/** Serves the app's RPC controllers. Start fails with RpcConfigError when it cannot. */
export const RpcFeature = configurable((options: RpcOptions) =>
  createFeatureBuilder()
    .name('RpcFeature')
    .onServe((context) => serving(context, 'start'))
    .onStop((context) => serving(context, 'stop'))
    .provides((app) => app.add(rpcServer(options)).add(fetchContribution()).add(storedGrpcError)),
)

async function serving(context: HookContext, action: 'start' | 'stop'): Promise<void> {
  const server = await context.resolve(RpcServer)
  if (server instanceof RpcServing) await server[action]()
}

function fetchContribution() {
  return createContribution(FetchHandlers, {
    inject: { server: RpcServer },
    factory: ({ server }) => server.fetchHandler,
  })
}

interface ServerFacts {
  readonly name: 'RpcServer'
  readonly requires: never
  readonly late: never
  readonly provides: typeof RpcServer
  readonly binds: typeof RpcServer
}

type ServerComponent = Component & { readonly [componentFacts]: ServerFacts }

/** A binding, because it needs the app itself, which only a component's `create` is given. */
function rpcServer(options: RpcOptions): ServerComponent {
  const component = {
    [componentMeta]: {
      kind: 'binding',
      name: 'RpcServer',
      requires: { logger: Logger },
      provides: [RpcServer],
      create: ({ logger }: { logger: Logger }, context: CreateContext) => new RpcServing(context.app, logger, options),
    },
  }
  return component as unknown as ServerComponent
}
