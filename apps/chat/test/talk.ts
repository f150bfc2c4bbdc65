/** One member's socket in a room, for tests. */
export class Talk {
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  readonly #queue: unknown[] = []
  #wake = () => {}

  private constructor(url: string) {
    this.#socket = new WebSocket(url)
    this.#socket.onmessage = ({ data }) => {
      this.#queue.push(JSON.parse(String(data)))
      this.#wake()
    }
    this.closed = new Promise((resolve) => {
      this.#socket.onclose = ({ code }) => resolve(code)
    })
  }

  /** Resolves once everything said from now on will arrive. */
  static async open(base: string, room: string, token: string): Promise<Talk> {
    const talk = new Talk(`${base.replace('http', 'ws')}/rooms/${room}/talk?token=${token}`)
    const first = await Promise.race([talk.next(), talk.closed])
    if (typeof first === 'number') throw new Error(`the socket was closed with ${first}`)
    return talk
  }

  say(text: string): void {
    this.#socket.send(JSON.stringify({ text }))
  }

  async next(): Promise<unknown> {
    while (this.#queue.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.#queue.shift()
  }
}
