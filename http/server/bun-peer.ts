/** What Bun's server knows about a request. */
import type { Server } from 'bun'
import type { SocketSession } from '../websocket/socket-session.ts'
import type { Peer } from './peer.ts'

export type BunServer = Server<SocketSession>

export class BunPeer implements Peer {
  upgraded = false
  readonly patience: number
  readonly #server: BunServer
  readonly #request: Request

  constructor(server: BunServer, request: Request, patience: number) {
    this.patience = patience
    this.#server = server
    this.#request = request
  }

  get address(): string {
    return this.#server.requestIP(this.#request)?.address ?? ''
  }

  timeout(seconds: number): void {
    this.#server.timeout(this.#request, seconds)
  }

  upgrade(session: SocketSession, headers: Headers): boolean {
    this.upgraded = this.#server.upgrade(this.#request, { data: session, headers })
    return this.upgraded
  }
}
