/** The call that the running code answers: clients take the remaining deadline, the signal and the trace from it. */
import { AsyncLocalStorage } from 'node:async_hooks'

export interface InboundCall {
  readonly signal: AbortSignal
  readonly requestHeader: Headers
  /** Milliseconds left, undefined without a deadline. */
  readonly timeoutMs: () => number | undefined
}

const calls = new AsyncLocalStorage<InboundCall>()

export function currentInboundCall(): InboundCall | undefined {
  return calls.getStore()
}

export function enterInboundCall<Result>(call: InboundCall, body: () => Result): Result {
  return calls.run(call, body)
}
