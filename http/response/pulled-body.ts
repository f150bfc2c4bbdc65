/**
 * The body of `res.stream(generator)`: pulls chunks as the client takes them, each in a cell of its own, so that a generator may
 * use repositories long after the request's cell has ended. One that throws resets the connection, for a body cut off must
 * not look complete, and is told of with the request's id. One whose client has gone is ended.
 */
import { runInCell, type CellOptions } from '@justscale/core/cell'

export type Chunk = Uint8Array | string

export interface PulledBodyOptions {
  readonly cell: CellOptions
  /** Enters the app for each pull: the body is read by the runtime, outside of it. */
  readonly enter: <Result>(body: () => Result) => Result
  readonly onError: (error: unknown) => void
}

/** True for what `pulledBody` takes. Streams of the runtime are its own to read. */
export function isPulled(body: unknown): body is AsyncIterable<Chunk> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body && !(body instanceof ReadableStream)
}

/** Resets the connection. The runtime prints every reason but this one, past the app's log. */
export function breakOff(controller: ReadableStreamDefaultController): void {
  controller.error(undefined)
}

export function pulledBody(source: AsyncIterable<Chunk>, options: PulledBodyOptions): ReadableStream<Uint8Array> {
  const { cell, enter, onError } = options
  const iterator = source[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const next = await enter(() => runInCell(cell, () => iterator.next()))
          if (next.done === true) controller.close()
          else controller.enqueue(typeof next.value === 'string' ? encoder.encode(next.value) : next.value)
        } catch (error) {
          onError(error)
          breakOff(controller)
        }
      },
      cancel: () => enter(() => Promise.resolve(iterator.return?.())).then(() => {}, onError),
    },
    { highWaterMark: 0 },
  )
}
