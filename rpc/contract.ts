/**
 * A contract: the description of a service as a .proto file gives it, ready for `createController.implements(Contract)`
 * and `rpcClient(Contract)`. Modules of .proto files make theirs with `rpcContract`.
 */
import { implementContract, type Implementable } from '@justscale/core'
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv2'
import type { AnyContract } from './controller/method-type.ts'
import { rpcImplementer, type RpcImplementer } from './controller/implementer.ts'

/** A service of an imported `.proto`: `createController.implements(it)`, `rpcClient(it, ...)`. */
export type RpcContract<Methods extends GenServiceMethods> = GenService<Methods> &
  Implementable<RpcImplementer<GenService<Methods>, unknown, Record<never, never>>>

/** Also turns a service of protoc-gen-es into a contract. */
export function rpcContract<Contract extends AnyContract>(
  service: Contract,
): Contract & Implementable<RpcImplementer<Contract, unknown, Record<never, never>>> {
  return Object.defineProperty(service, implementContract, {
    enumerable: false,
    configurable: true,
    value: () => rpcImplementer(service),
  }) as Contract & Implementable<RpcImplementer<Contract, unknown, Record<never, never>>>
}
