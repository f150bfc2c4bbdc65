/**
 * What modules made from .proto files import: the parts of @bufbuild/protobuf that turn an embedded descriptor into
 * schemas, under one name that every user of this package can resolve. Not for use by hand.
 */
export { enumDesc, extDesc, fileDesc, messageDesc, serviceDesc, tsEnum } from '@bufbuild/protobuf/codegenv2'
export type { GenEnum, GenExtension, GenFile, GenMessage, GenService } from '@bufbuild/protobuf/codegenv2'
export type { JsonObject, Message } from '@bufbuild/protobuf'
export * as wkt from '@bufbuild/protobuf/wkt'
export { rpcContract, type RpcContract } from './contract.ts'
export type { RefText } from './controller/method-type.ts'
export { justscaleOptions } from './controller/ref-option.ts'
