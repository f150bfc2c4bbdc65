/** What the handler of a WebSocket route is given besides the request's context. */
export interface Messages<Message> extends AsyncIterable<Message> {
  /**
   * Calls `handle` with one message after the other, each in a cell of its own: what it did is committed before the next message is
   * taken. Resolves when the socket closes; rejects with what `handle` throws, after rolling that message back.
   */
  each(handle: (message: Message) => unknown): Promise<void>
}

/** What the handler of a `Ws` route gets, besides the context of its handshake. */
export interface SocketContext<Message> {
  /** What the client sends, in order, checked. One reader; ends when the socket closes. A loop over it is in the socket's cell. */
  readonly messages: Messages<Message>
  /**
   * Sends a value as JSON, text as it is, once everything done so far is committed. Resolves when the runtime has taken it:
   * awaiting it is the back-pressure. After the socket has closed it does nothing.
   */
  readonly send: (value: unknown) => Promise<void>
  readonly close: (code?: number, reason?: string) => void
  /** Aborted when the socket has closed, from whichever side. */
  readonly closed: AbortSignal
}
