/** Clients that speak Connect or gRPC-Web over HTTP/1.1 against our server, cell by cell. */
import { describeMatrix } from './cells.ts'
import { fetchConnect, fetchConnectJson, fetchGrpcWeb } from './fetch-callers.ts'
import { ownClient } from './own-caller.ts'
import { serveGreeter } from './served.ts'

for (const client of [
  fetchConnectJson,
  fetchConnect,
  fetchGrpcWeb,
  ownClient('our client over Connect', {}),
  ownClient('our client over Connect with JSON', { json: true }),
  ownClient('our client over gRPC-Web', { protocol: 'grpc-web' }),
]) {
  describeMatrix(client, serveGreeter)
}
