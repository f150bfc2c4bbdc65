/** Metadata of a call: what is sent, and what was received, read like a Map. */
import { decodeBinaryHeader, encodeBinaryHeader } from '@connectrpc/connect'
import { RpcConfigError } from '../errors.ts'

/** Metadata to send: texts of ASCII, and bytes under names that end in `-bin`. */
export type MetadataInit = Readonly<Record<string, string | Uint8Array>>

/** Throws RpcConfigError, which names the entry, for a name or a value that cannot be sent. */
export function metadataHeaders(init: MetadataInit): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(init)) {
    const text = typeof value === 'string' ? value : encoded(name, value)
    try {
      headers.set(name, text)
    } catch (cause) {
      throw refused(name, cause)
    }
  }
  return headers
}

function encoded(name: string, bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) {
    throw new RpcConfigError(`the metadata "${name}" is ${kindOf(bytes)}, and only texts and bytes can be sent`)
  }
  if (name.toLowerCase().endsWith('-bin')) return encodeBinaryHeader(bytes)
  throw new RpcConfigError(`the metadata "${name}" is bytes, and only names that end in "-bin" carry bytes`)
}

function refused(name: string, cause: unknown): RpcConfigError {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    const hint = 'Use letters, digits, "-", "_" and ".".'
    return new RpcConfigError(`${JSON.stringify(name)} is no name for metadata`, { hint, cause })
  }
  const hint = 'Send other text as bytes, under a name that ends in "-bin".'
  return new RpcConfigError(`the metadata "${name}" is no plain text of one line`, { hint, cause })
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
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
