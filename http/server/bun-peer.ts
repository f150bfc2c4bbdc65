/** What Bun's server knows about a request. */
import type { Server } from 'bun'
import type { SocketSession } from '../websocket/socket-session.ts'
import type { Peer } from './peer.ts'

export type BunServer = Server<SocketSession>

export class BunPeer implements Peer {
  upgraded = false
  readonly #server: BunServer
  readonly #request: Request

  constructor(server: BunServer, request: Request) {
    this.#server = server
    this.#request = request
  }

  get address(): string {
    return this.#server.requestIP(this.#request)?.address ?? ''
  }

  keepOpen(): void {
    this.#server.timeout(this.#request, 0)
  }

  upgrade(session: SocketSession, headers: Headers): boolean {
    this.upgraded = this.#server.upgrade(this.#request, { data: session, headers })
    return this.upgraded
  }
}
