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
    return runInApp(app, () => server.fetchHandler.fetch(request))
  }
  const { protocol = 'connect', json = false } = options
  const readMaxBytes = 0xffffffff
  return fetchTransport(answer, { baseUrl: 'http://in-process', protocol, readMaxBytes, json, gzip: false })
}
