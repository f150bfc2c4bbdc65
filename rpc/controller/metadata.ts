/** Metadata of a call, read like a Map: names in lower case, several values of a name joined by a comma. */
import { decodeBinaryHeader } from '@connectrpc/connect'

export class Metadata implements Iterable<[string, string]> {
  readonly #headers: Headers

  constructor(headers: Headers) {
    this.#headers = headers
  }

  get(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined
  }

  has(name: string): boolean {
    return this.#headers.has(name)
  }

  /** The bytes of a `-bin` entry; undefined when it is absent. Throws when it is not base64. */
  bytes(name: string): Uint8Array | undefined {
    const value = this.#headers.get(name)
    return value === null ? undefined : decodeBinaryHeader(value)
  }

  entries(): IterableIterator<[string, string]> {
    return this.#headers.entries()
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#headers.entries()
  }
}
