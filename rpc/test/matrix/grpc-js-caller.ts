/** The matrix's caller on @grpc/grpc-js. Messages are raw bytes, so that only the transport is grpc-js's. */
import type { EventEmitter } from 'node:events'
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ClientReadableStream,
  type StatusObject,
  type ClientUnaryCall,
  type ClientWritableStream,
  type ServiceError,
} from '@grpc/grpc-js'
import type { Caller, ClientKind, Order, Outcome } from './caller.ts'
import { answerText, pacedQuestions, questionBytes, turns } from './messages.ts'
import { statusDetails } from './status-details.ts'

export const grpcJs: ClientKind = {
  name: '@grpc/grpc-js',
  port: 'grpc',
  impossible: {},
  async connect({ address, gzip }) {
    const { gzip: algorithm } = compressionAlgorithms
    const options = gzip ? { 'grpc.default_compression_algorithm': algorithm } : {}
    return grpcJsCaller(new Client(address, credentials.createInsecure(), options))
  },
}

function grpcJsCaller(client: Client): Caller {
  return {
    call: (order) => makeCall(client, order),
    close: () => client.close(),
  }
}

type AnyCall = (ClientUnaryCall | ClientWritableStream<Buffer> | ClientReadableStream<Buffer>) & {
  on(event: 'metadata', listener: (metadata: Metadata) => void): unknown
  on(event: 'status', listener: (status: StatusObject) => void): unknown
}

const same = (bytes: Buffer) => bytes

async function makeCall(client: Client, order: Order): Promise<Outcome> {
  const { method, timeoutMs, cancel } = order
  const path = `/greeter.v1.Greeter/${method}`
  const metadata = metadataOf(order.metadata ?? {})
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
  const answers: string[] = []
  const { answered, answer } = turns()
  const note = (bytes: Buffer) => {
    answers.push(answerText(method, bytes))
    answer()
  }
  const single = (error: ServiceError | null, bytes?: Buffer) => void (!error && bytes && note(bytes))
  const [first] = order.questions
  const firstBytes = Buffer.from(first === undefined ? [] : questionBytes(first))

  const start = {
    SayHello: () => client.makeUnaryRequest(path, same, same, firstBytes, metadata, options, single),
    Nothing: () => client.makeUnaryRequest(path, same, same, firstBytes, metadata, options, single),
    SayHelloStream: () => client.makeServerStreamRequest(path, same, same, firstBytes, metadata, options),
    RecordRoute: () => client.makeClientStreamRequest(path, same, same, metadata, options, single),
    RouteChat: () => client.makeBidiStreamRequest(path, same, same, metadata, options),
  }
  const call = start[method]() as AnyCall
  void cancel?.then(() => call.cancel())
  const ended = Promise.withResolvers<StatusObject>()
  let headers: Record<string, string> = {}
  call.on('metadata', (received) => void (headers = entriesOf(received)))
  call.on('status', ended.resolve)
  ;(call as EventEmitter).on('error', () => {})
  if (method === 'SayHelloStream' || method === 'RouteChat') (call as ClientReadableStream<Buffer>).on('data', note)
  if (method === 'RecordRoute' || method === 'RouteChat') {
    void write(call as ClientWritableStream<Buffer>, order, answered, ended.promise)
  }
  const status = await ended.promise
  const [details] = status.metadata.get('grpc-status-details-bin')
  return {
    answers,
    headers,
    trailers: entriesOf(status.metadata),
    code: status.code,
    text: status.code === 0 ? '' : status.details,
    details: statusDetails(details as Buffer | undefined),
  }
}

async function write(
  call: ClientWritableStream<Buffer>,
  order: Order,
  answered: () => Promise<void>,
  ended: Promise<unknown>,
): Promise<void> {
  const over = ended.then(() => {})
  for await (const question of pacedQuestions(order, answered, over)) call.write(Buffer.from(questionBytes(question)))
  call.end()
}

function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(entries)) {
    metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value)
  }
  return metadata
}

function entriesOf(metadata: Metadata): Record<string, string> {
  const entries = Object.entries(metadata.getMap())
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.toString('base64').replace(/=+$/, ''),
    ]),
  )
}
