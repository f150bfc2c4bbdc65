/** What the runtime's server knows about a request; without a socket there is none of it. */
import type { SocketSession } from '../websocket/socket-session.ts'

export interface Peer {
  readonly address: string
  /** Lets a stream be quiet for as long as it likes. */
  keepOpen(): void
  /** True once the connection has become a WebSocket. */
  upgrade(session: SocketSession, headers: Headers): boolean
}

export const noPeer: Peer = { address: '', keepOpen: () => {}, upgrade: () => false }
