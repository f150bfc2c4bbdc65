/**
 * The types between a contract and the code that implements or calls it: every method of the contract under its name in
 * the proto (`SayHello`), with the shape of its kind (unary, server, client or bidi streaming).
 */
import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Ref, Reference } from '@justscale/core'
import type { Metadata } from './metadata.ts'

/** What protobuf-es knows a service as: a description whose `method` members carry the message types. */
export type AnyContract = Omit<DescService, 'method'> & { readonly method: Readonly<Record<string, MethodType>> }

export type MethodType = Pick<DescMethod, 'input' | 'output' | 'methodKind'>

/** The names of the methods in the proto. */
export type MethodNames<Contract extends AnyContract> = Capitalize<keyof Contract['method'] & string>

/** What every method of a controller gets. */
export interface RpcContext {
  /** What the caller sent beside the message. */
  readonly metadata: Metadata
  /** Aborted when the caller is gone, the deadline is over, the call has ended, or the server stops. */
  readonly signal: AbortSignal
  /** When the caller stops waiting; undefined when it set no limit. */
  readonly deadline: Date | undefined
  /** Sent before the first message; set entries before then. */
  readonly headers: Headers
  /** Sent after the last message. */
  readonly trailers: Headers
  /** `greeter.v1.Greeter/SayHello`. */
  readonly method: string
  /** `connect`, `grpc` or `grpc-web`. */
  readonly protocol: string
}

export type MessageOf<Schema> = Schema extends DescMessage ? MessageShape<Schema> : never
type InitOf<Schema> = Schema extends DescMessage ? MessageInitShape<Schema> : never

/** The implementation of one method. `Added` is what middleware added to the context. */
export type MethodHandler<Method extends MethodType, Added, Refs> = Method extends { methodKind: 'unary' }
  ? (
      context: CallContext<Received<MessageOf<Method['input']>, Refs>, Added>,
    ) => Answer<Sent<InitOf<Method['output']>, Refs>>
  : Method extends { methodKind: 'server_streaming' }
    ? (
        context: CallContext<Received<MessageOf<Method['input']>, Refs>, Added>,
      ) => AsyncIterable<Sent<InitOf<Method['output']>, Refs>>
    : Method extends { methodKind: 'client_streaming' }
      ? (
          context: CallContext<AsyncIterable<Received<MessageOf<Method['input']>, Refs>>, Added>,
        ) => Answer<Sent<InitOf<Method['output']>, Refs>>
      : (
          context: CallContext<AsyncIterable<Received<MessageOf<Method['input']>, Refs>>, Added>,
        ) => AsyncIterable<Sent<InitOf<Method['output']>, Refs>>

type Answer<Message> = Message | Promise<Message>
/** What a method gets: the call, its message or messages, and what middleware added. */
export type CallContext<Body, Added> = RpcContext & { readonly body: Body } & Added

export type MethodHandlers<Contract extends AnyContract, Added, Refs> = {
  readonly [Local in keyof Contract['method'] & string as Capitalize<Local>]: MethodHandler<
    Contract['method'][Local],
    Added,
    Refs
  >
}

/** Names that are not in the contract have the type of this message, which no function has. */
export type UnknownMethod<Name> = { readonly 'the contract has no method': Name }

export type OnlyKnown<Contract extends AnyContract, Methods> = {
  readonly [Name in keyof Methods]: Name extends MethodNames<Contract> ? unknown : UnknownMethod<Name>
}

/** The methods of a contract as a caller sees them. */
export type ClientMethod<Method extends MethodType, Options> = Method extends { methodKind: 'unary' }
  ? (message: InitOf<Method['input']>, options?: Options) => Promise<MessageOf<Method['output']>>
  : Method extends { methodKind: 'server_streaming' }
    ? (message: InitOf<Method['input']>, options?: Options) => AsyncIterable<MessageOf<Method['output']>>
    : Method extends { methodKind: 'client_streaming' }
      ? (messages: AsyncIterable<InitOf<Method['input']>>, options?: Options) => Promise<MessageOf<Method['output']>>
      : (
          messages: AsyncIterable<InitOf<Method['input']>>,
          options?: Options,
        ) => AsyncIterable<MessageOf<Method['output']>>

// References: a field annotated with the name of a model is a branded string on the wire and a Reference in a handler.
declare const referredModel: unique symbol

/** The opaque text of a reference to a model, as a message carries it. */
export type RefText<Model extends string> = string & { readonly [referredModel]?: Model }

/** A message as a handler receives it: texts of references to known models are references. */
export type Received<Message, Refs> = [keyof Refs] extends [never] ? Message : ReplaceRefs<Message, Refs>
type ReplaceRefs<Value, Refs, Name extends string = MessageName<Value>> = Value extends
  Uint8Array | bigint | boolean | number | undefined | null
  ? Value
  : Value extends string
    ? ReplaceText<Value, Refs>
    : Value extends readonly (infer Item)[]
      ? ReplaceRefs<Item, Refs>[]
      : {
          [Key in keyof Value]: FieldName<Name, Key> extends keyof Refs
            ? ReplaceEvery<Value[Key], Refs[FieldName<Name, Key>]>
            : ReplaceRefs<Value[Key], Refs>
        }
/** Of a message, and of what a message can be made from: a union with the message itself. */
type MessageName<Value> = Value extends { readonly $typeName: infer Name extends string } ? Name : never
type FieldName<Name extends string, Key> = [Name] extends [never] ? '' : `${Name}.${Key & string}`
type ReplaceEvery<Value, Replacement> = Value extends undefined
  ? Value
  : Value extends string
    ? Replacement
    : Value extends readonly (infer Item)[]
      ? ReplaceEvery<Item, Replacement>[]
      : { [Key in keyof Value]: ReplaceEvery<Value[Key], Replacement> }
type ReplaceText<Value, Refs> = Value extends { readonly [referredModel]?: infer Model }
  ? Exclude<Model, undefined> extends keyof Refs
    ? Refs[Exclude<Model, undefined> & keyof Refs]
    : Value
  : Value

/** A message as a handler may answer it: a reference or the entity itself where the wire has the text of one. */
export type Sent<Init, Refs> = Received<Init, SentRefs<Refs>>
type SentRefs<Refs> = {
  readonly [Name in keyof Refs]: Refs[Name] extends Reference<infer Entity> ? Ref<Entity> : never
}
