/**
 * A body as a stream: read from the client as the handler reads, so nothing of an upload is kept in memory. Ends with 413 beyond
 * its limit, and with 408 when the client sends nothing for a while: uploads have no other deadline.
 */
import { HttpError } from '../errors.ts'

/** Milliseconds without a byte, while the handler waits for one. */
const STALLED = 60_000

export function uploadStream(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
  stalled: number = STALLED,
): ReadableStream<Uint8Array> {
  const reader = (body ?? new Blob().stream()).getReader() as ReadableStreamDefaultReader<Uint8Array>
  let seen = 0
  const fail = (controller: ReadableStreamDefaultController<Uint8Array>, error: HttpError) => {
    controller.error(error)
    void reader.cancel(error).catch(() => {})
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const quiet = Promise.withResolvers<'quiet'>()
        const timer = setTimeout(() => quiet.resolve('quiet'), stalled)
        const next = await Promise.race([reader.read(), quiet.promise]).finally(() => clearTimeout(timer))
        if (next === 'quiet') return fail(controller, new HttpError(408, `Nothing came for ${stalled} ms`, closes))
        if (next.done) return controller.close()
        seen += next.value.byteLength
        if (seen > limit) return fail(controller, tooLong(limit))
        controller.enqueue(next.value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

export function tooLong(limit: number): HttpError {
  return new HttpError(413, `The body may have at most ${limit} bytes`, closes)
}

/** What is still to come is not read. */
const closes = { headers: { connection: 'close' } }
