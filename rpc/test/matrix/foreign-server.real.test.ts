/** Our client against a foreign server, Python's grpcio, cell by cell. */
import { describe } from 'bun:test'
import { describeMatrix } from './cells.ts'
import { python, serveGrpcio } from './grpcio.ts'
import { ownClient } from './own-caller.ts'

describe.skipIf(python === undefined)('a grpcio server (needs python3-grpcio)', () => {
  // That our client never ends such a stream cleanly is shown frame by frame in http2-sessions.test.ts.
  const impossible = {
    'is cancelled while it is still asked': 'grpcio takes it for complete now and then, with its own client too',
  }
  describeMatrix(ownClient('our client over gRPC', { protocol: 'grpc' }, impossible), serveGrpcio)
})
