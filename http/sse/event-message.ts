/** What an SSE handler yields. */
export interface EventMessage {
  /** Name that listeners subscribe to; `message` if left out. */
  readonly event?: string
  /** Sent as JSON; text as it is. */
  readonly data?: unknown
  /** Comes back as `lastEventId` when the client reconnects. */
  readonly id?: string
  /** Milliseconds until the client reconnects. */
  readonly retry?: number
}

/** The event as the wire wants it. */
export function eventText({ event, data, id, retry }: EventMessage): string {
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '')
  const lines = [
    ...(event === undefined ? [] : [`event: ${oneLine(event)}`]),
    ...(id === undefined ? [] : [`id: ${oneLine(id)}`]),
    ...(retry === undefined ? [] : [`retry: ${Math.trunc(retry)}`]),
    ...text.split(/\r\n|\r|\n/).map((line) => `data: ${line}`),
  ]
  return `${lines.join('\n')}\n\n`
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ')
}
