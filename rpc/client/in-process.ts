/** Calls an app without a socket, through the same code that serves the HTTP port: for tests and for sub-apps. */
import type { Transport } from '@connectrpc/connect'
import { runInApp, type Application } from '@justscale/core'
import { RpcServer } from '../server/rpc-server.ts'
import { fetchTransport } from './transport.ts'

export interface InProcessOptions {
  /** Default `connect`. */
  readonly protocol?: 'connect' | 'grpc-web'
  readonly json?: boolean
}

/** For `rpcClient(Contract, { transport: inProcessTransport(app) })`. The app must have `RpcFeature`; it is prepared at the first call. */
export function inProcessTransport<Provided>(app: Application<Provided>, options: InProcessOptions = {}): Transport {
  const answer = async (request: Request): Promise<Response> => {
    await app.prepare()
    const server = await app.container.resolve(RpcServer)
    return orAborted(
      runInApp(app, () => server.fetchHandler.fetch(request)),
      request.signal,
    )
  }
  const { protocol = 'connect', json = false } = options
  const readMaxBytes = 0xffffffff
  return fetchTransport(answer, { baseUrl: 'http://in-process', protocol, readMaxBytes, json, gzip: false })
}

/** As a fetch does: its caller does not wait for an answer that is not wanted any more. */
async function orAborted<Result>(work: Result | Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
