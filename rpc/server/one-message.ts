/** Requests of one message: it must arrive in time, so that nobody holds calls open by sending half of one. */
import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'

export function tooSlow(): ConnectError {
  return new ConnectError('the message did not arrive in time', Code.DeadlineExceeded)
}

/** The bytes of a request; of one with a single message only those that come within so many milliseconds. */
export function arriving(
  method: DescMethod,
  body: AsyncIterable<Uint8Array>,
  withinMs: number,
): AsyncIterable<Uint8Array> {
  const single = method.methodKind === 'unary' || method.methodKind === 'server_streaming'
  if (!single) return body
  // connect-es asks for the iterator more than once.
  const chunks = hurried(body[Symbol.asyncIterator](), withinMs)
  return { [Symbol.asyncIterator]: () => chunks }
}

function hurried(chunks: AsyncIterator<Uint8Array>, withinMs: number): AsyncIterator<Uint8Array> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  late.catch(() => {})
  const timer = setTimeout(() => reject(tooSlow()), withinMs).unref()
  return {
    async next() {
      const next = await Promise.race([chunks.next(), late])
      if (next.done === true) clearTimeout(timer)
      return next
    },
    async return() {
      clearTimeout(timer)
      return (await chunks.return?.()) ?? { done: true, value: undefined }
    },
  }
}
