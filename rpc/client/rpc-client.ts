/**
 * Typed clients. `rpcClient(GreeterContract, { baseUrl })` is a component: add it to the app and inject it.
 * `createRpcClient` makes one without an app. Both have the methods of the contract under their names in the proto.
 */
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { defineComponent, type InjectableComponent, type InjectedDependencies } from '@justscale/core'
import { methodName } from '../controller/implementer.ts'
import type { AnyContract, ClientMethod } from '../controller/method-type.ts'
import { storedGrpcError } from '../status/stored-grpc-error.ts'
import type { CallOptions, RpcClientOptions } from './client-options.ts'
import { ClientCall } from './client-call.ts'
import { makeTransport } from './transport.ts'

/** A function for each method of the contract. They reject with `GrpcError`, also when the server cannot be reached (UNAVAILABLE). */
export type RpcClient<Contract extends AnyContract> = {
  readonly [Local in keyof Contract['method'] & string as Capitalize<Local>]: ClientMethod<
    Contract['method'][Local],
    CallOptions
  >
}

/** Options that come from what is injected: a configuration, a service that knows the address. */
export interface InjectedClientOptions<Injected> {
  readonly inject: Injected
  readonly options: (dependencies: InjectedDependencies<Injected>) => RpcClientOptions
}

/** A client as a component. Connects at the first call. */
export function rpcClient<Contract extends AnyContract, Injected = Record<never, never>>(
  contract: Contract,
  options: RpcClientOptions | InjectedClientOptions<Injected>,
): InjectableComponent<string, Injected, RpcClient<Contract>> {
  const service = contract as unknown as DescService
  const injected = 'inject' in options ? options : { inject: {} as Injected, options: () => options }
  return defineComponent({
    kind: 'rpc-client',
    name: `client of ${service.typeName}`,
    inject: injected.inject,
    parts: [storedGrpcError],
    create: (dependencies: InjectedDependencies<Injected>) => createRpcClient(contract, injected.options(dependencies)),
  })
}

/** Throws RpcConfigError for options that cannot work. */
export function createRpcClient<Contract extends AnyContract>(
  contract: Contract,
  options: RpcClientOptions,
): RpcClient<Contract> {
  const service = contract as unknown as DescService
  const transport = makeTransport(options, service)
  const methods = service.methods.map((method) => [
    methodName(method),
    clientMethod(new ClientCall(transport, method, options)),
  ])
  return Object.freeze(Object.fromEntries(methods)) as RpcClient<Contract>
}

type Init = Record<string, unknown>

function clientMethod(call: ClientCall): unknown {
  const one = (message: Init) =>
    (async function* () {
      yield message
    })()
  const kinds: Readonly<Record<DescMethod['methodKind'], (body: never, options?: CallOptions) => unknown>> = {
    unary: (message: Init, options = {}) => call.unary(message, options),
    server_streaming: (message: Init, options = {}) => call.stream(one(message), options),
    client_streaming: (messages: AsyncIterable<Init>, options = {}) => call.single(messages, options),
    bidi_streaming: (messages: AsyncIterable<Init>, options = {}) => call.stream(messages, options),
  }
  return kinds[call.method.methodKind]
}
