/** What a client can be told, for all its calls and for one. */
import type { Transport } from '@connectrpc/connect'
import type { MetadataInit } from '../controller/metadata.ts'
import type { GrpcStatusName } from '../status/grpc-status.ts'

/** When a call is tried again. */
export interface RetryOptions {
  /** How often a call is tried in all. */
  readonly attempts: number
  /** Milliseconds before the second try; doubled for each further one, up to `maxDelayMs`, with random shortening. Default 50. */
  readonly delayMs?: number
  /** Default 2,000. */
  readonly maxDelayMs?: number
  /** The statuses after which a call is tried again. Default UNAVAILABLE. */
  readonly on?: readonly GrpcStatusName[]
}

export interface ClientTlsOptions {
  /** PEM of the authority that signed the server's certificate. Default: those that the system trusts. */
  readonly ca?: string
  /** PEM; with `cert`, what the client shows of itself. */
  readonly key?: string
  /** PEM. */
  readonly cert?: string
}

/** Where a client calls, and how. */
export interface RpcClientOptions {
  /** `http://host:port`. Not needed with a transport. */
  readonly baseUrl?: string
  /** Default `connect`, which also works over HTTP/1.1; `grpc` for servers that speak only that. */
  readonly protocol?: 'connect' | 'grpc' | 'grpc-web'
  /** Milliseconds a call may take. A shorter deadline of the call that is being answered wins. Default: none. */
  readonly timeoutMs?: number
  /** Only for calls of one message, and only while nothing has been received. Default: no second try. */
  readonly retry?: RetryOptions
  /** Sent with every call. */
  readonly metadata?: MetadataInit | (() => MetadataInit | Promise<MetadataInit>)
  /** Names of metadata that pass from the call being answered to calls made meanwhile. Default: trace and request ids. */
  readonly propagate?: readonly string[]
  /** Largest message that is received, in bytes. Default 4 MiB. */
  readonly readMaxBytes?: number
  /** JSON on the wire (Connect only). Default false. */
  readonly json?: boolean
  /** Compress what is sent with gzip. Default false. */
  readonly gzip?: boolean
  /** For servers whose certificate is signed by an authority of one's own, and for those that want one from us. */
  readonly tls?: ClientTlsOptions
  /** Instead of a connection: see inProcessTransport. */
  readonly transport?: Transport
}

/** Of one call, after its message. */
export interface CallOptions {
  readonly signal?: AbortSignal
  /** Milliseconds; in place of the client's. */
  readonly timeoutMs?: number
  /** Added to the client's: texts, and bytes under names that end in `-bin`. */
  readonly metadata?: MetadataInit
  /** Called with what the server sends before the first message. */
  readonly onHeaders?: (headers: Headers) => void
  /** Called with what the server sends after the last message. */
  readonly onTrailers?: (trailers: Headers) => void
}
