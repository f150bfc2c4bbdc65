/** Messages in the envelopes that gRPC, gRPC-Web and Connect's streams share: a byte of flags, four of length. */

export interface Envelope {
  readonly flags: number
  /** Decompressed, when the flags say that it was compressed. */
  readonly message: Uint8Array
}

export function frame(message: Uint8Array<ArrayBuffer>, gzip = false): Uint8Array<ArrayBuffer> {
  const body = gzip ? Bun.gzipSync(message) : message
  const envelope = new Uint8Array(5 + body.length)
  envelope[0] = gzip ? 1 : 0
  new DataView(envelope.buffer).setUint32(1, body.length)
  envelope.set(body, 5)
  return envelope
}

export function envelopes(bytes: Uint8Array<ArrayBuffer>): Envelope[] {
  const found: Envelope[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = 0; at < bytes.length;) {
    const flags = view.getUint8(at)
    const end = at + 5 + view.getUint32(at + 1)
    const body = bytes.subarray(at + 5, end)
    found.push({ flags, message: flags & 1 ? Bun.gunzipSync(body) : body })
    at = end
  }
  return found
}
