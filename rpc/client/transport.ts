/** The connection behind a client. */
import type { DescService } from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { createFetchClient } from '@connectrpc/connect/protocol'
import { createTransport as createConnectTransport } from '@connectrpc/connect/protocol-connect'
import { createTransport as createGrpcWebTransport } from '@connectrpc/connect/protocol-grpc-web'
import { compressionBrotli, compressionGzip, createGrpcTransport } from '@connectrpc/connect-node'
import { typesOf } from '../contract-types.ts'
import { RpcConfigError } from '../errors.ts'
import type { ClientTlsOptions, RpcClientOptions } from './client-options.ts'
import { Http2Sessions } from './http2-sessions.ts'

/** Throws RpcConfigError for a missing or malformed address. */
export function makeTransport(options: RpcClientOptions, service: DescService): Transport {
  if (options.transport !== undefined) return options.transport
  const { baseUrl, protocol = 'connect' } = options
  if (baseUrl === undefined || !URL.canParse(baseUrl)) {
    throw new RpcConfigError(`a client needs the address of its server, got ${JSON.stringify(baseUrl)}`, {
      hint: "Give baseUrl: 'http://host:port'.",
    })
  }
  const { readMaxBytes = 4 * 1024 * 1024, json = false, gzip = false } = options
  const sendCompression = gzip ? compressionGzip : null
  if (protocol === 'grpc') {
    const sessionManager = new Http2Sessions(baseUrl, options.tls)
    return createGrpcTransport({ baseUrl, readMaxBytes, sessionManager, ...(sendCompression && { sendCompression }) })
  }
  return fetchTransport(reaching(options.tls), { baseUrl, protocol, readMaxBytes, json, gzip, service })
}

/** A server that cannot be reached is UNAVAILABLE; fetch says so with errors of many names. */
function reaching(tls: ClientTlsOptions | undefined): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      // The protocol decompresses, up to readMaxBytes; done by fetch as well, it would be done twice.
      return await fetch(request, { decompress: false, ...(tls && { tls }) })
    } catch (cause) {
      if (request.signal.aborted) throw cause
      const text = `the server cannot be reached at ${new URL(request.url).origin} (a gRPC port needs protocol: 'grpc')`
      throw new ConnectError(text, Code.Unavailable, undefined, undefined, cause)
    }
  }
}

/** Connect or gRPC-Web through anything that answers fetch requests. */
export function fetchTransport(
  fetcher: (request: Request) => Promise<Response>,
  options: {
    baseUrl: string
    protocol: 'connect' | 'grpc-web'
    readMaxBytes: number
    json: boolean
    gzip: boolean
    /** Whose messages `google.protobuf.Any` may hold as JSON. */
    service?: DescService
  },
): Transport {
  const common = {
    httpClient: createFetchClient(fetcher as typeof fetch),
    baseUrl: options.baseUrl,
    useBinaryFormat: !options.json,
    interceptors: [],
    ...(options.json && options.service && { jsonOptions: { registry: typesOf([options.service]) } }),
    acceptCompression: [compressionGzip, compressionBrotli],
    sendCompression: options.gzip ? compressionGzip : null,
    compressMinBytes: 1024,
    readMaxBytes: options.readMaxBytes,
    writeMaxBytes: 0xffffffff,
  }
  return options.protocol === 'grpc-web' ? createGrpcWebTransport(common) : createConnectTransport(common)
}
