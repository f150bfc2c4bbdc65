/** gRPC, gRPC-Web and Connect for JustScale. For users first; for authors of tools and tests below. */
export { RpcFeature } from './server/rpc-feature.ts'
export { RpcServer, type RpcOptions } from './server/rpc-server.ts'
export { rpcCors } from './cors.ts'
export { GrpcStatus, grpcStatusName, type GrpcStatusName } from './status/grpc-status.ts'
export { detail, GrpcError, type GrpcErrorDetail, type GrpcErrorOptions } from './status/grpc-error.ts'
export { createRpcClient, rpcClient, type InjectedClientOptions, type RpcClient } from './client/rpc-client.ts'
export type { CallOptions, ClientTlsOptions, RetryOptions, RpcClientOptions } from './client/client-options.ts'
export { inProcessTransport, type InProcessOptions } from './client/in-process.ts'
export { Metadata, type MetadataInit } from './controller/metadata.ts'
export type { CallContext, RpcContext } from './controller/method-type.ts'
export type {
  RpcController,
  RpcControllerDefinition,
  RpcGuard,
  RpcImplementer,
  RpcMiddleware,
  RpcRoute,
} from './controller/implementer.ts'
export type { TlsOptions } from './server/grpc-server.ts'

// For tools: types of .proto files, contracts made by other generators, errors.
export { rpcContract, type RpcContract } from './contract.ts'
export { writeProtoTypes, type ProtoTypesResult } from './emit/write-types.ts'
export { ContractError, MessageError, ProtoImportError, ProtoSyntaxError, RpcConfigError, RpcError } from './errors.ts'
