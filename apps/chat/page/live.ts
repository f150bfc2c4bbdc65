/**
 * What happens in a room, as it happens: members by a socket, on which they talk too, spectators by events. Both come back by
 * themselves when the server was gone.
 */
import type { RoomEvent } from '../room/room-feed.ts'

export interface LiveHandlers {
  /** The connection stands: what was missed can be asked for. */
  readonly ready: () => void
  readonly event: (event: RoomEvent) => void
  /** It is gone and will be tried again. */
  readonly lost: () => void
  /** The server wants this member here no longer. */
  readonly expelled: () => void
}

/** Milliseconds until a lost connection is tried again. */
const RETRY = 1_000
/** How a socket ends for who was banned. */
const BANNED = 4003

export class Live {
  #close: () => void = () => {}
  #socket: WebSocket | undefined

  /** As a member with a token, else as a spectator. */
  constructor(room: string, token: string | undefined, handlers: LiveHandlers) {
    if (token === undefined) this.#watch(room, handlers)
    else this.#talk(room, token, handlers)
  }

  say(text: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify({ text }))
    return true
  }

  close(): void {
    this.#close()
  }

  #watch(room: string, handlers: LiveHandlers): void {
    const source = new EventSource(`/rooms/${room}/events`)
    this.#close = () => source.close()
    source.addEventListener('ready', handlers.ready)
    for (const kind of ['said', 'topic', 'joined', 'banned', 'pardoned']) {
      source.addEventListener(kind, ({ data }) => handlers.event(JSON.parse(String(data)) as RoomEvent))
    }
    source.onerror = () => {
      handlers.lost()
      if (source.readyState === EventSource.CLOSED) this.#retry(() => this.#watch(room, handlers))
    }
  }

  #talk(room: string, token: string, handlers: LiveHandlers): void {
    const address = new URL(`/rooms/${room}/talk?token=${encodeURIComponent(token)}`, location.href)
    address.protocol = address.protocol.replace('http', 'ws')
    const socket = new WebSocket(address)
    this.#socket = socket
    let closed = false
    this.#close = () => {
      closed = true
      socket.close()
    }
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(String(data)) as RoomEvent | { readonly kind: 'ready' } | { readonly error: unknown }
      if ('error' in event) return
      if (event.kind === 'ready') handlers.ready()
      else handlers.event(event)
    }
    socket.onclose = ({ code }) => {
      if (closed) return
      if (code === BANNED) return handlers.expelled()
      handlers.lost()
      this.#retry(() => this.#talk(room, token, handlers))
    }
  }

  #retry(again: () => void): void {
    const timer = setTimeout(again, RETRY)
    this.#close = () => clearTimeout(timer)
  }
}
