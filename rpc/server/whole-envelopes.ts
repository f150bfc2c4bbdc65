/**
 * Streams of messages in envelopes (gRPC, gRPC-Web, Connect) that break off after the five bytes that announce a message:
 * connect-es takes that for their end, and a handler would take half of what was sent for all of it.
 */
import { Code, ConnectError } from '@connectrpc/connect'

const prefixBytes = 5

/** Follows the bytes of a request, without copying them. */
export class WholeEnvelopes {
  readonly #prefix = new DataView(new ArrayBuffer(prefixBytes))
  #prefixed = 0
  #left = 0

  /** What to follow a request with, or undefined for one without envelopes. */
  static of(contentType: string | null | undefined): WholeEnvelopes | undefined {
    return /^application\/(grpc|connect\+)/.test(contentType ?? '') ? new WholeEnvelopes() : undefined
  }

  follow(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at)
        this.#left -= step
        at += step
        continue
      }
      this.#prefix.setUint8(this.#prefixed++, chunk[at++] ?? 0)
      if (this.#prefixed < prefixBytes) continue
      this.#prefixed = 0
      this.#left = this.#prefix.getUint32(1)
    }
  }

  /** Throws when the bytes end within a message. */
  end(): void {
    if (this.#left === 0 && this.#prefixed === 0) return
    throw new ConnectError('the last message is incomplete', Code.InvalidArgument)
  }
}
