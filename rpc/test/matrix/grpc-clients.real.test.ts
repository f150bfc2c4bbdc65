/** Clients that speak gRPC against our server, cell by cell. */
import { describe } from 'bun:test'
import { describeMatrix } from './cells.ts'
import { grpcJs } from './grpc-js-caller.ts'
import { grpcio, python } from './grpcio.ts'
import { ownClient } from './own-caller.ts'
import { serveGreeter } from './served.ts'

describe.skipIf(python === undefined)('needs python3-grpcio', () => describeMatrix(grpcio, serveGreeter))
describeMatrix(grpcJs, serveGreeter)
describeMatrix(ownClient('our client over gRPC', { protocol: 'grpc' }), serveGreeter)
