/**
 * The text of an error in gRPC's trailers. connect-es encodes it with encodeURIComponent; the protocol wants everything
 * but visible ASCII and `%` left as it is, and grpc-js does not decode the rest.
 */
const name = 'grpc-message'

/** Encodes the message again, as the protocol says. */
export function fixGrpcMessage(headers: Headers | undefined): void {
  const value = headers?.get(name)
  if (headers === undefined || value === null || value === undefined || !value.includes('%')) return
  try {
    headers.set(name, encodeGrpcMessage(decodeURIComponent(value)))
  } catch {
    // Not what connect-es wrote: leave it.
  }
}

/** Percent-encodes every byte outside space to `~`, and `%` itself. */
export function encodeGrpcMessage(text: string): string {
  let encoded = ''
  for (const byte of new TextEncoder().encode(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
