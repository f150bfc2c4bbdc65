/** A greeter that is being served, and what its handlers saw. */
import { RpcServer } from '../../index.ts'
import { greeterApp, Seen, type Ending } from '../greeter-app.ts'

export interface Served {
  /** `host:port` of gRPC. */
  readonly grpc: string
  /** `host:port` of Connect and gRPC-Web over HTTP/1.1. */
  readonly http: string
  /** Resolves when the call with this note has reached its handler. */
  started(note: string): Promise<void>
  ended(note: string): Promise<Ending>
  stop(): Promise<void>
}

export async function serveGreeter(): Promise<Served> {
  const app = greeterApp()
  await app.start()
  const server = await app.resolve(RpcServer)
  const seen = await app.resolve(Seen)
  const http = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    maxRequestBodySize: 64 * 1024 * 1024,
    fetch: (request) => server.fetchHandler.fetch(request),
  })
  return {
    grpc: `127.0.0.1:${server.port}`,
    http: `127.0.0.1:${http.port}`,
    started: (note) => seen.call(note).started.promise,
    ended: (note) => seen.call(note).ended.promise,
    async stop() {
      await http.stop(true)
      await app.stop()
    },
  }
}
