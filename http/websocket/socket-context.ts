/** What the handler of a WebSocket route is given besides the request's context. */
export interface SocketContext<Message> {
  /** What the client sends, in order, checked. One reader; ends when the socket closes. */
  readonly messages: AsyncIterable<Message>
  /**
   * Sends a value as JSON, text as it is, once everything done so far is committed. Resolves when the runtime has taken it:
   * awaiting it is the back-pressure. After the socket has closed it does nothing.
   */
  readonly send: (value: unknown) => Promise<void>
  readonly close: (code?: number, reason?: string) => void
  /** Aborted when the socket has closed, from whichever side. */
  readonly closed: AbortSignal
}
