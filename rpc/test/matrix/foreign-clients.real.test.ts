/** Foreign clients against our server, cell by cell, and our client with them. */
import { describe } from 'bun:test'
import { describeMatrix } from './cells.ts'
import { bufCurl } from './buf-curl.ts'
import { fetchConnect, fetchConnectJson, fetchGrpcWeb } from './fetch-callers.ts'
import { grpcJs } from './grpc-js-caller.ts'
import { grpcio, python } from './grpcio.ts'
import { ownClient } from './own-caller.ts'
import { serveGreeter } from './served.ts'

describe.skipIf(python === undefined)('needs python3-grpcio', () => describeMatrix(grpcio, serveGreeter))

for (const client of [
  grpcJs,
  bufCurl('grpc'),
  bufCurl('grpcweb'),
  bufCurl('connect'),
  fetchConnectJson,
  fetchConnect,
  fetchGrpcWeb,
  ownClient('our client over gRPC', { protocol: 'grpc' }),
  ownClient('our client over Connect', {}),
  ownClient('our client over Connect with JSON', { json: true }),
  ownClient('our client over gRPC-Web', { protocol: 'grpc-web' }),
]) {
  describeMatrix(client, serveGreeter)
}
