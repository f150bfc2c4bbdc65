/** What the end of a socket may say: a code that the protocol lets a server send, and at most 123 bytes of text. */

/** 1004 to 1006 and 1015 are never sent; 3000 to 4999 are for libraries and applications. */
export function mayClose(code: number): boolean {
  if (!Number.isInteger(code)) return false
  if (code >= 3000) return code <= 4999
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)
}

const longestReason = 123

/** Cut between two characters where it is too long. */
export function closeReason(reason: string): string {
  const bytes = new Uint8Array(longestReason)
  const { read } = new TextEncoder().encodeInto(reason, bytes)
  return reason.slice(0, read)
}
