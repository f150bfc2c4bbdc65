/**
 * The matrix's callers on plain fetch, as a browser has it: Connect with JSON or binary messages, and gRPC-Web. Frames are
 * written and read by hand. The questions of a stream are all in one body, because a browser sends no stream.
 */
import { fromJson, toJsonString, create } from '@bufbuild/protobuf'
import { GrpcStatus, type GrpcStatusName } from '../../index.ts'
import { HelloReplySchema, HelloRequestSchema, HelloSummarySchema } from '../greeter.ts'
import type { ClientKind, Method, Order, Outcome, Question } from './caller.ts'
import { envelopes, frame } from './envelopes.ts'
import { answerText, questionBytes, questionInit } from './messages.ts'
import { describeDetail, statusDetails } from './status-details.ts'

const halfDuplex = 'a browser gives no answer before the body of the request is complete'
const impossible = { 'each answer comes before the next question': halfDuplex, 'while it is still asked': halfDuplex }

type Encoding = 'json' | 'proto'

export const fetchConnectJson: ClientKind = kind('fetch, Connect with JSON', (target) => connectCall('json', target))
export const fetchConnect: ClientKind = kind('fetch, Connect', (target) => connectCall('proto', target))
export const fetchGrpcWeb: ClientKind = kind('fetch, gRPC-Web', (target) => grpcWebCall(target))

interface Target {
  readonly order: Order
  readonly gzip: boolean
  /** Sends the body with these headers; rejects with a DOMException when the call is cancelled. */
  readonly post: (body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) => Promise<Response>
}

function kind(name: string, make: (target: Target) => Promise<Outcome>): ClientKind {
  return {
    name,
    port: 'http',
    impossible,
    connect: async ({ address, gzip }) => ({
      call: (order) => cancellable(order, (signal) => make({ order, gzip, post: poster(address, order, signal) })),
      close: () => {},
    }),
  }
}

function poster(address: string, { method, metadata }: Order, signal: AbortSignal): Target['post'] {
  const url = `http://${address}/greeter.v1.Greeter/${method}`
  // What is compressed stays so: the callers look at it themselves.
  return (body, headers) =>
    fetch(url, { method: 'POST', body, signal, decompress: false, headers: { ...metadata, ...headers } })
}

/** The abort of a fetch is what CANCELLED is to the protocols. */
async function cancellable(order: Order, make: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
  const controller = new AbortController()
  void order.cancel?.then(() => controller.abort())
  try {
    return await make(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    return { answers: [], headers: {}, trailers: {}, code: GrpcStatus.CANCELLED, text: String(error), details: [] }
  }
}

async function connectCall(encoding: Encoding, { order, gzip, post }: Target): Promise<Outcome> {
  const { method, questions, timeoutMs } = order
  const timeout: Record<string, string> = timeoutMs === undefined ? {} : { 'connect-timeout-ms': String(timeoutMs) }
  const protocol = { 'connect-protocol-version': '1', ...timeout }
  const messages = questions.map((question) => questionAs(encoding, question))
  if (method === 'SayHello' || method === 'Nothing') {
    const [message = new Uint8Array()] = messages
    const zip: Record<string, string> = gzip ? { 'content-encoding': 'gzip' } : {}
    const accepted = { 'accept-encoding': gzip ? 'gzip' : 'identity' }
    const headers = { 'content-type': `application/${encoding}`, ...protocol, ...zip, ...accepted }
    return unaryOutcome(encoding, method, await post(gzip ? Bun.gzipSync(message) : message, headers))
  }
  const zip: Record<string, string> = gzip
    ? { 'connect-content-encoding': 'gzip', 'connect-accept-encoding': 'gzip' }
    : {}
  const headers = { 'content-type': `application/connect+${encoding}`, ...protocol, ...zip }
  const response = await post(Buffer.concat(messages.map((message) => frame(message, gzip))), headers)
  const answers: string[] = []
  let end: ConnectEnd = {}
  for (const { flags, message } of envelopes(await response.bytes())) {
    if (flags & 2) end = JSON.parse(new TextDecoder().decode(message)) as ConnectEnd
    else answers.push(answerAs(encoding, method, message))
  }
  const trailers = Object.entries(end.metadata ?? {}).map(([name, values]) => [name, values.join(', ')])
  const { headers: received } = response
  return { answers, headers: entriesOf(received), trailers: Object.fromEntries(trailers), ...failureOf(end.error) }
}

interface ConnectError {
  readonly code: string
  readonly message?: string
  readonly details?: readonly { readonly type: string; readonly value: string }[]
}

interface ConnectEnd {
  readonly error?: ConnectError
  readonly metadata?: Readonly<Record<string, readonly string[]>>
}

async function unaryOutcome(encoding: Encoding, method: Method, response: Response): Promise<Outcome> {
  const entries = entriesOf(response.headers)
  const [trailers, headers] = [true, false].map((wanted) =>
    Object.fromEntries(
      Object.entries(entries)
        .filter(([name]) => name.startsWith('trailer-') === wanted)
        .map(([name, value]) => [name.replace('trailer-', ''), value]),
    ),
  ) as [Record<string, string>, Record<string, string>]
  const raw = await response.bytes()
  const body = response.headers.get('content-encoding') === 'gzip' ? Bun.gunzipSync(raw) : raw
  if (response.ok) {
    return { answers: [answerAs(encoding, method, body)], headers, trailers, code: 0, text: '', details: [] }
  }
  // A path that is no method of ours is answered by whoever else serves the port.
  const error = response.status === 404 && body.length === 0 ? { code: 'unimplemented' } : readError(body)
  return { answers: [], headers, trailers, ...failureOf(error) }
}

function readError(body: Uint8Array): ConnectError {
  return JSON.parse(new TextDecoder().decode(body)) as ConnectError
}

function failureOf(error: ConnectError | undefined): Pick<Outcome, 'code' | 'text' | 'details'> {
  if (error === undefined) return { code: 0, text: '', details: [] }
  // Connect spells one of them its own way.
  const name = error.code === 'canceled' ? 'CANCELLED' : error.code.toUpperCase()
  return {
    code: GrpcStatus[name as GrpcStatusName],
    text: error.message ?? '',
    details: (error.details ?? []).map(({ type, value }) => describeDetail(type, Uint8Array.fromBase64(value))),
  }
}

async function grpcWebCall({ order, gzip, post }: Target): Promise<Outcome> {
  const { method, questions, timeoutMs } = order
  const response = await post(Buffer.concat(questions.map((question) => frame(questionBytes(question), gzip))), {
    'content-type': 'application/grpc-web+proto',
    ...(timeoutMs !== undefined && { 'grpc-timeout': `${timeoutMs}m` }),
    ...(gzip && { 'grpc-encoding': 'gzip', 'grpc-accept-encoding': 'gzip' }),
  })
  const headers = entriesOf(response.headers)
  const answers: string[] = []
  let trailers: Record<string, string> = {}
  for (const { flags, message } of envelopes(await response.bytes())) {
    if (flags & 0x80) trailers = trailersOf(new TextDecoder().decode(message))
    else answers.push(answerText(method, message))
  }
  // An error without any message may have its status among the headers.
  const told = { ...headers, ...trailers }
  const code = response.status === 404 ? GrpcStatus.UNIMPLEMENTED : Number(told['grpc-status'])
  const status = told['grpc-status-details-bin']
  const details = statusDetails(status === undefined ? undefined : Uint8Array.fromBase64(status))
  return { answers, headers, trailers, code, text: decodeURIComponent(told['grpc-message'] ?? ''), details }
}

function trailersOf(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line !== '')
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

function questionAs(encoding: Encoding, question: Question): Uint8Array<ArrayBuffer> {
  if (encoding === 'proto') return questionBytes(question)
  return new TextEncoder().encode(toJsonString(HelloRequestSchema, create(HelloRequestSchema, questionInit(question))))
}

function answerAs(encoding: Encoding, method: Method, body: Uint8Array): string {
  if (encoding === 'proto') return answerText(method, body)
  const json = JSON.parse(new TextDecoder().decode(body))
  return method === 'RecordRoute'
    ? fromJson(HelloSummarySchema, json).names.join(',')
    : fromJson(HelloReplySchema, json).message
}

function entriesOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(headers)
}
