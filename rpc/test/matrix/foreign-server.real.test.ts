/** Our client against a foreign server, Python's grpcio, cell by cell. */
import { describe } from 'bun:test'
import { describeMatrix } from './cells.ts'
import { python, serveGrpcio } from './grpcio.ts'
import { ownClient } from './own-caller.ts'

describe.skipIf(python === undefined)('a grpcio server (needs python3-grpcio)', () => {
  describeMatrix(ownClient('our client over gRPC', { protocol: 'grpc' }), serveGrpcio)
})
