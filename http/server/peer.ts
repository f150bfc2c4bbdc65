/** What the runtime's server knows about a request; without a socket there is none of it. */
import type { SocketSession } from '../websocket/socket-session.ts'

export interface Peer {
  readonly address: string
  /** True once the connection has become a WebSocket: there is nothing to answer then. */
  readonly upgraded: boolean
  /** Seconds that the connection usually has, for receiving a request, for its handler, and for its answer; 0 for no end. */
  readonly patience: number
  /** Gives it so many seconds from now, for this request; 0 for no end. The next request has `patience` again. */
  timeout(seconds: number): void
  /** Whether the connection has become a WebSocket. */
  upgrade(session: SocketSession, headers: Headers): boolean
}

export const noPeer: Peer = { address: '', upgraded: false, patience: 0, timeout: () => {}, upgrade: () => false }
