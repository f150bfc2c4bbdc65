/** A client that sends bytes as they are, for what no proper client would send. */
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  /** All that came until the server closed the connection, or until `until` was there. */
  readonly text: string
  /** `HTTP/1.1 200 OK`; `closed` when nothing came. */
  readonly status: string
}

/** A connection of its own. `write` in steps, then `answer`. */
export class RawClient {
  readonly #socket: Socket
  #text = ''
  #wake = () => {}
  #closed = false

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', (data) => {
      this.#text += data.toString('latin1')
      this.#wake()
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  write(bytes: string | Uint8Array): this {
    this.#socket.write(bytes)
    return this
  }

  /** Ends the sending half. */
  end(): this {
    this.#socket.end()
    return this
  }

  /** Reads no further until the next `answer`. */
  pause(): void {
    this.#socket.pause()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Resolves once `until` has come, or the server has closed the connection. Empties what was read. */
  async answer(until = '\r\n\r\n'): Promise<RawAnswer> {
    this.#socket.resume()
    while (!this.#text.includes(until) && !this.#closed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    const text = this.#text
    this.#text = ''
    return { text, status: text === '' ? 'closed' : text.slice(0, text.indexOf('\r\n')) }
  }

  /** All that comes until the server closes the connection. */
  async rest(): Promise<string> {
    const { text } = await this.answer('\0 never \0')
    return text
  }

  get closed(): boolean {
    return this.#closed
  }
}
