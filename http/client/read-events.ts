/** Reads an event stream as it comes over the wire. */
import type { EventMessage } from '../sse/event-message.ts'

/** Ends with the stream; leaving the loop cancels it. Data that is JSON is parsed. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<EventMessage> {
  let buffer = ''
  for await (const text of body.pipeThrough(
    new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>,
  ) as unknown as AsyncIterable<string>) {
    buffer += text
    const blocks = buffer.split('\n\n')
    buffer = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parseEvent(block)
      if (event !== undefined) yield event
    }
  }
}

function parseEvent(block: string): EventMessage | undefined {
  const fields = block
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map(splitLine)
  if (fields.length === 0) return undefined
  const last = (name: string) => fields.findLast(([field]) => field === name)?.[1]
  const data = fields
    .filter(([field]) => field === 'data')
    .map(([, value]) => value)
    .join('\n')
  const event = last('event')
  const id = last('id')
  return { data: parseData(data), ...(event !== undefined && { event }), ...(id !== undefined && { id }) }
}

function splitLine(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
