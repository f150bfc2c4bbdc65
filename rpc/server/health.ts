/** The standard health service (grpc.health.v1), which load balancers and orchestrators ask. */
import { create, type Message } from '@bufbuild/protobuf'
import { fileDesc, messageDesc, serviceDesc, type GenMessage, type GenService } from '@bufbuild/protobuf/codegenv2'
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect'

type HealthCheckRequest = Message<'grpc.health.v1.HealthCheckRequest'> & { service: string }
type HealthCheckResponse = Message<'grpc.health.v1.HealthCheckResponse'> & { status: number }
type HealthMethods = {
  check: { methodKind: 'unary'; input: typeof requestSchema; output: typeof responseSchema }
  watch: { methodKind: 'server_streaming'; input: typeof requestSchema; output: typeof responseSchema }
}

/** proto-library/grpc/health/v1/health.proto, embedded. */
export const healthFile = fileDesc(
  'ChtncnBjL2hlYWx0aC92MS9oZWFsdGgucHJvdG8SDmdycGMuaGVhbHRoLnYxIiUKEkhlYWx0aENoZWNrUmVxdWVzdBIPCgdzZXJ2' +
    'aWNlGAEgASgJIqkBChNIZWFsdGhDaGVja1Jlc3BvbnNlEkEKBnN0YXR1cxgBIAEoDjIxLmdycGMuaGVhbHRoLnYxLkhlYWx0aENo' +
    'ZWNrUmVzcG9uc2UuU2VydmluZ1N0YXR1cyJPCg1TZXJ2aW5nU3RhdHVzEgsKB1VOS05PV04QABILCgdTRVJWSU5HEAESDwoLTk9U' +
    'X1NFUlZJTkcQAhITCg9TRVJWSUNFX1VOS05PV04QAzKuAQoGSGVhbHRoElAKBUNoZWNrEiIuZ3JwYy5oZWFsdGgudjEuSGVhbHRo' +
    'Q2hlY2tSZXF1ZXN0GiMuZ3JwYy5oZWFsdGgudjEuSGVhbHRoQ2hlY2tSZXNwb25zZRJSCgVXYXRjaBIiLmdycGMuaGVhbHRoLnYx' +
    'LkhlYWx0aENoZWNrUmVxdWVzdBojLmdycGMuaGVhbHRoLnYxLkhlYWx0aENoZWNrUmVzcG9uc2UwAWIGcHJvdG8z',
)
const requestSchema: GenMessage<HealthCheckRequest> = messageDesc(healthFile, 0)
const responseSchema: GenMessage<HealthCheckResponse> = messageDesc(healthFile, 1)

export const healthService: GenService<HealthMethods> = serviceDesc(healthFile, 0)

const SERVING = 1
const NOT_SERVING = 2
const SERVICE_UNKNOWN = 3

/** Serving until told otherwise; the empty service name stands for the whole server. */
export class HealthStatus {
  #serving = true
  #services = new Set<string>()
  readonly #watchers = new Set<() => void>()

  setServices(names: readonly string[]): void {
    this.#services = new Set(['', ...names])
  }

  /** After this, every service is NOT_SERVING, and those who watch are told. */
  setServing(serving: boolean): void {
    this.#serving = serving
    for (const notify of this.#watchers) notify()
  }

  mount(router: ConnectRouter): void {
    router.service(healthService, {
      check: (request) => {
        const status = this.#statusOf(request.service)
        if (status === SERVICE_UNKNOWN) throw new ConnectError(`unknown service "${request.service}"`, Code.NotFound)
        return create(responseSchema, { status })
      },
      watch: (request, context) => this.#watch(request.service, context),
    })
  }

  #statusOf(service: string): number {
    if (!this.#services.has(service)) return SERVICE_UNKNOWN
    return this.#serving ? SERVING : NOT_SERVING
  }

  async *#watch(service: string, context: HandlerContext): AsyncGenerator<HealthCheckResponse> {
    let sent: number | undefined
    let changed = Promise.withResolvers<void>()
    const notify = () => changed.resolve()
    this.#watchers.add(notify)
    context.signal.addEventListener('abort', notify)
    try {
      while (!context.signal.aborted) {
        changed = Promise.withResolvers<void>()
        const status = this.#statusOf(service)
        if (status !== sent) yield create(responseSchema, { status })
        sent = status
        if (status === this.#statusOf(service) && !context.signal.aborted) await changed.promise
      }
    } finally {
      this.#watchers.delete(notify)
    }
  }
}
