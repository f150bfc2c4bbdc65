/** Metadata of a call: what is sent, and what was received, read like a Map. */
import { decodeBinaryHeader, encodeBinaryHeader } from '@connectrpc/connect'
import { RpcConfigError } from '../errors.ts'

/** Metadata to send: texts of ASCII, and bytes under names that end in `-bin`. */
export type MetadataInit = Readonly<Record<string, string | Uint8Array>>

/** Throws RpcConfigError for bytes under another name. */
export function metadataHeaders(init: MetadataInit): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(init)) {
    if (typeof value === 'string') headers.set(name, value)
    else if (name.toLowerCase().endsWith('-bin')) headers.set(name, encodeBinaryHeader(value))
    else throw new RpcConfigError(`the metadata "${name}" is bytes, and only names that end in "-bin" carry bytes`)
  }
  return headers
}

/** Received metadata: names in lower case, several values of a name joined by a comma. */
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
