/** The greeter as a program: prints its ports, gRPC's and HTTP's, and then what its handlers see. SIGTERM ends it in order. */
import { RpcServer } from '../index.ts'
import { greeterApp } from './greeter-app.ts'

const app = greeterApp({}, (note, event) => console.log(JSON.stringify({ note, event })))
await app.start()
const server = await app.resolve(RpcServer)
const http = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  maxRequestBodySize: 64 * 1024 * 1024,
  fetch: (request) => server.fetchHandler.fetch(request),
})
console.log(`${server.port} ${http.port}`)
process.on('SIGTERM', () => {
  void (async () => {
    await app.stop()
    await http.stop(true)
    process.exit(0)
  })()
})
