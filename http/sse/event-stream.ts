/**
 * The body of an SSE answer: pulls events from a generator as the client takes them, so a slow client slows the generator. Each
 * event is made in a cell of its own and leaves after its commit. Comments keep quiet streams alive. A generator that throws
 * resets the connection: a stream cut off must not look complete. What it throws before its first event, `begin` rejects with.
 */
import { runInCell, type CallIdentity } from '@justscale/core/cell'
import { breakOff } from '../response/pulled-body.ts'
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
  /** Nothing is sent any more; the generator may go on for a while. */
  readonly onEnd: () => void
  /** The generator has ended. */
  readonly onOver: () => void
}

const failed = Symbol('failed')
type Next = IteratorResult<EventMessage>
/** What a pull came to. */
type Arrived = { readonly next: Next } | { readonly error: unknown }

export class EventStream {
  readonly #iterator: AsyncIterator<EventMessage>
  readonly #options: EventStreamOptions
  #pulling = false
  #arrived: Arrived | undefined
  /** Wakes who waits for the next event. (A race against a promise that lives as long as the stream would keep every event.) */
  #wake: (() => void) | undefined
  #ended = false

  constructor(events: AsyncIterable<EventMessage>, options: EventStreamOptions) {
    this.#iterator = events[Symbol.asyncIterator]()
    this.#options = options
    options.signal.addEventListener('abort', () => this.#wake?.(), { once: true })
  }

  /**
   * Runs the generator up to its first event, for so many milliseconds at most: `empty` when it ended without one, `open`
   * when there is one, or may be. Rejects with what it throws in that time.
   */
  async begin(patience: number): Promise<'open' | 'empty'> {
    try {
      const next = await this.#nextWithin(patience)
      if (next === 'quiet' || next === 'aborted' || next.done !== true) return 'open'
      this.#end()
      return 'empty'
    } catch (error) {
      this.#end()
      throw error
    }
  }

  /** Ends the generator when it is cancelled. */
  body(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder()
    let cancelled = false
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(encoder.encode(': open\n\n')),
        pull: async (controller) => {
          const text = await this.#nextText()
          if (text === failed) breakOff(controller)
          else if (text !== undefined) controller.enqueue(encoder.encode(text))
          else if (!cancelled) controller.close()
        },
        cancel: () => {
          cancelled = true
          this.#end()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** `undefined` at the end, also once it has been cancelled; `failed`, once that is logged, when the generator threw. */
  async #nextText(): Promise<string | typeof failed | undefined> {
    try {
      const next = await this.#nextWithin(this.#options.heartbeat)
      if (this.#ended) return undefined
      if (next === 'quiet') return ': ping\n\n'
      if (next !== 'aborted') this.#arrived = undefined
      if (next !== 'aborted' && next.done !== true) return eventText(next.value)
      this.#end()
      return undefined
    } catch (error) {
      if (this.#ended) return undefined
      this.#options.onError(error)
      this.#end()
      return failed
    }
  }

  /** The event that comes next; the same one until it is taken out of `#arrived`. */
  async #nextWithin(milliseconds: number): Promise<Next | 'quiet' | 'aborted'> {
    if (this.#arrived === undefined) {
      this.#pull()
      let timer: ReturnType<typeof setTimeout> | undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = setTimeout(resolve, milliseconds)
        if (this.#options.signal.aborted) resolve()
      })
      clearTimeout(timer)
      this.#wake = undefined
    }
    if (this.#options.signal.aborted) return 'aborted'
    if (this.#arrived === undefined) return 'quiet'
    if ('error' in this.#arrived) throw this.#arrived.error
    return this.#arrived.next
  }

  /** Starts the generator's next event, unless one is on its way. */
  #pull(): void {
    if (this.#pulling) return
    this.#pulling = true
    const { name, signal, caller, enter } = this.#options
    const arrive = (arrived: Arrived) => {
      this.#pulling = false
      this.#arrived = arrived
      this.#wake?.()
    }
    enter(() => runInCell({ name, signal, caller }, () => this.#iterator.next())).then(
      (next) => arrive({ next }),
      (error: unknown) => arrive({ error }),
    )
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    // A generator that waits for its next event runs its `finally` once that wait ends; its signal tells it to.
    const { enter, onError, onEnd, onOver } = this.#options
    void enter(() => Promise.resolve(this.#iterator.return?.()))
      .catch(onError)
      .finally(onOver)
    onEnd()
  }
}
