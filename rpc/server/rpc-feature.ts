/**
 * `.add(RpcFeature)` serves every RPC controller of the app and its sub-apps. `.add(RpcFeature.configure({ port: 9000 }))`
 * with other options.
 */
import {
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
import { RpcServer, RpcServing, type RpcOptions } from './rpc-server.ts'

/** The feature with options of its own. */
function rpcFeature(options: RpcOptions) {
  return createFeatureBuilder()
    .name('RpcFeature')
    .onServe((context) => serving(context, 'start'))
    .onStop((context) => serving(context, 'stop'))
    .provides((app) => app.add(rpcServer(options)).add(fetchContribution()))
}

export class RpcFeature extends rpcFeature({}) {
  static configure(options: RpcOptions): ReturnType<typeof rpcFeature> {
    return rpcFeature(options)
  }
}

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
