/**
 * Between a stream of node:http2 and connect-es's universal handlers. Our own because connect-node's waits for an event
 * that Bun's HTTP/2 never emits, and because nothing may touch a stream that its peer has already reset.
 */
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { createContextValues, Code, ConnectError } from '@connectrpc/connect'
import type { UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol'
import { fixGrpcMessage } from './grpc-message.ts'
import { WholeEnvelopes } from './whole-envelopes.ts'

export function isGone(stream: ServerHttp2Stream): boolean {
  return stream.destroyed || stream.closed || stream.aborted
}

export function universalRequest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): UniversalServerRequest {
  const gone = new AbortController()
  stream.once('close', () => {
    const cancelled = stream.rstCode !== undefined && stream.rstCode !== constants.NGHTTP2_NO_ERROR
    gone.abort(new ConnectError(cancelled ? 'the caller cancelled' : 'the call is over', Code.Canceled))
  })
  return {
    httpVersion: '2.0',
    method: headers[':method'] ?? '',
    url: `${headers[':scheme'] ?? 'http'}://${headers[':authority'] ?? 'localhost'}${headers[':path'] ?? '/'}`,
    header: webHeaders(headers),
    body: { [Symbol.asyncIterator]: () => bodyOf(stream, headers) },
    signal: gone.signal,
    contextValues: createContextValues(),
  }
}

/** The bytes of a request. Rejects when the caller leaves: then they are not all there, though the stream says that it ends. */
function bodyOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): AsyncIterator<Uint8Array> {
  const envelopes = WholeEnvelopes.of(headers['content-type'])
  // Leaving the loop early must not destroy the stream: the answer is still to be written.
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>
  return {
    async next() {
      const next = await chunks.next()
      if (next.done !== true) {
        envelopes?.follow(next.value)
        return next
      }
      // A stream that is reset ends first, and is known to be reset a moment later.
      await new Promise(setImmediate)
      if (isGone(stream)) throw new ConnectError('the caller cancelled', Code.Canceled)
      envelopes?.end()
      return next
    },
    return: () => chunks.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  }
}

/** Resolves when the stream is closed. */
export async function writeAnswer(stream: ServerHttp2Stream, answer: UniversalServerResponse): Promise<void> {
  const body = answer.body?.[Symbol.asyncIterator]()
  try {
    // Read first: a handler may set headers until its first message.
    let chunk = await body?.next()
    if (isGone(stream)) return
    const header = new Headers(answer.header)
    fixGrpcMessage(header)
    const trailer: Headers | undefined = answer.trailer
    let complete = false
    // Bun asks for them on a stream that its peer resets, too: the answer that broke off there must not end with "OK".
    if (trailer !== undefined) stream.once('wantTrailers', () => complete && sendTrailers(stream, trailer))
    stream.respond({ ':status': answer.status, ...nodeHeaders(header) }, { waitForTrailers: trailer !== undefined })
    for (; chunk !== undefined && chunk.done !== true; chunk = await body?.next()) {
      if (isGone(stream)) return
      if (!stream.write(chunk.value)) await roomOrClose(stream)
    }
    if (isGone(stream)) return
    complete = true
    stream.end()
    await ended(stream, trailer !== undefined)
  } finally {
    // Lets the handler's `finally` run when the caller left in the middle.
    void body?.return?.(undefined).catch(() => {})
  }
}

function sendTrailers(stream: ServerHttp2Stream, trailer: Headers): void {
  if (stream.destroyed) return
  fixGrpcMessage(trailer)
  stream.sendTrailers(nodeHeaders(trailer))
}

function roomOrClose(stream: ServerHttp2Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    stream.off('drain', done)
    stream.off('close', done)
    resolve()
  }
  stream.on('drain', done)
  stream.on('close', done)
  return promise
}

/** Milliseconds that a caller has to notice that its answer is complete, before its stream is closed. */
const noticeMs = 1_000

/**
 * Resolves when the stream is closed. What a caller still sends is thrown away: without room it would never read the
 * answer. One that only reads slowly has as long as it needs; `trailers` says what the answer ends with.
 */
export async function ended(stream: ServerHttp2Stream, trailers: boolean): Promise<void> {
  if (isGone(stream)) return
  const { promise, resolve } = Promise.withResolvers<void>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const hurry = () => void (timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), noticeMs))
  stream.once('close', resolve)
  if (!stream.readableEnded) {
    stream.resume()
    if (stream.sentTrailers !== undefined || (!trailers && stream.writableFinished)) hurry()
    else stream.once(trailers ? 'wantTrailers' : 'finish', hurry)
  }
  await promise
  clearTimeout(timer)
}

export function webHeaders(headers: IncomingHttpHeaders): Headers {
  const web = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue
    if (typeof value === 'string') web.set(name, value)
    else for (const one of value) web.append(name, one)
  }
  return web
}

export function nodeHeaders(headers: Headers): OutgoingHttpHeaders {
  const node: OutgoingHttpHeaders = {}
  for (const [name, value] of headers) node[name] = value
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) node['set-cookie'] = cookies
  return node
}
