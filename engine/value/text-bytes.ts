/**
 * Bytes that are UTF-8 text, kept as the text: what a process stores is JSON, and a string goes to the database without being
 * encoded, joined and written out in hexadecimal on the way. `length` counts bytes.
 */
import { isAscii } from 'node:buffer'

export class TextBytes {
  readonly text: string
  readonly length: number

  /** `text`: well-formed and without NUL, as JSON text is. */
  constructor(text: string, length = Buffer.byteLength(text)) {
    this.text = text
    this.length = length
  }
}

/** Bytes on their way to a store. What a store answers is always a `Uint8Array`. */
export type Bytes = Uint8Array | TextBytes

export function plainBytes(bytes: Bytes): Uint8Array {
  return bytes instanceof TextBytes ? encoder.encode(bytes.text) : bytes
}

/** The text of bytes that are JSON. */
export function textOfBytes(bytes: Bytes): string {
  return bytes instanceof TextBytes ? bytes.text : decoder.decode(bytes)
}

/** All of them as one text, if it is ASCII without NUL. */
export function asciiOf(pieces: readonly Bytes[]): string | undefined {
  const texts: string[] = []
  for (const piece of pieces) {
    const isText = piece instanceof TextBytes
    if (isText ? piece.text.length !== piece.length : !isAscii(piece) || piece.includes(0)) return undefined
    texts.push(isText ? piece.text : Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1'))
  }
  return texts.join('')
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
