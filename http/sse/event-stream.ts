/**
 * The body of an SSE answer: pulls events from a generator as the client takes them, so a slow client slows the generator. Each
 * event is made in a cell of its own and leaves after its commit. Comments keep quiet streams alive. A generator that throws
 * resets the connection: a stream cut off must not look complete.
 */
import { runInCell, type CallIdentity } from '@justscale/core/cell'
import { eventText, type EventMessage } from './event-message.ts'

export interface EventStreamOptions {
  readonly name: string
  readonly caller: CallIdentity
  /** Aborted when the client is gone or the server stops. */
  readonly signal: AbortSignal
  /** Milliseconds of silence until a comment is sent. */
  readonly heartbeat: number
  /** Enters the app for each pull: the stream is read by the runtime, outside of it. */
  readonly enter: <Result>(body: () => Result) => Result
  readonly onError: (error: unknown) => void
  readonly onEnd: () => void
}

export function eventStream(
  events: AsyncIterable<EventMessage>,
  options: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  const pull = () =>
    options.enter(() =>
      runInCell({ name: options.name, signal: options.signal, caller: options.caller }, () => iterator.next()),
    )
  let pending: Promise<IteratorResult<EventMessage>> | undefined
  let ended = false
  const aborted = new Promise<'aborted'>((resolve) => {
    if (options.signal.aborted) resolve('aborted')
    else options.signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  const end = () => {
    if (ended) return
    ended = true
    // A generator that waits for its next event runs its `finally` once that wait ends; its signal tells it to.
    pending?.catch(() => {})
    void options.enter(() => Promise.resolve(iterator.return?.())).catch(options.onError)
    options.onEnd()
  }
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(': open\n\n')),
      async pull(controller) {
        pending ??= pull()
        const quiet = Promise.withResolvers<'quiet'>()
        const timer = setTimeout(() => quiet.resolve('quiet'), options.heartbeat)
        try {
          const next = await Promise.race([pending, quiet.promise, aborted])
          if (ended) return
          if (next === 'quiet') return controller.enqueue(encoder.encode(': ping\n\n'))
          pending = next === 'aborted' ? pending : undefined
          if (next === 'aborted' || next.done === true) {
            end()
            controller.close()
          } else controller.enqueue(encoder.encode(eventText(next.value)))
        } catch (error) {
          if (ended) return
          options.onError(error)
          end()
          controller.error(new Error(`${options.name} broke off`))
        } finally {
          clearTimeout(timer)
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}
