/** What the runtime's server knows about a request; without a socket there is none of it. */
import type { SocketSession } from '../websocket/socket-session.ts'

export interface Peer {
  readonly address: string
  /** True once the connection has become a WebSocket: there is nothing to answer then. */
  readonly upgraded: boolean
  /** Lets a stream be quiet for as long as it likes. */
  keepOpen(): void
  /** Whether the connection has become a WebSocket. */
  upgrade(session: SocketSession, headers: Headers): boolean
}

export const noPeer: Peer = { address: '', upgraded: false, keepOpen: () => {}, upgrade: () => false }
