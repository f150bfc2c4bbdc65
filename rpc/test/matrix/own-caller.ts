/** The matrix's caller on our own client, over each protocol that it speaks. */
import {
  createRpcClient,
  GrpcError,
  GrpcStatus,
  Metadata,
  type CallOptions,
  type RpcClientOptions,
} from '../../index.ts'
import { GreeterContract, HelloRequestSchema } from '../greeter.ts'
import type { ClientKind, Order, Outcome, Question } from './caller.ts'
import { pacedQuestions, questionInit, turns } from './messages.ts'

export function ownClient(
  name: string,
  options: Pick<RpcClientOptions, 'protocol' | 'json'>,
  impossible: ClientKind['impossible'] = {},
): ClientKind {
  return {
    name,
    port: options.protocol === 'grpc' ? 'grpc' : 'http',
    impossible: { 'a method that is not there': 'it has the methods of the contract only', ...impossible },
    async connect({ address, gzip }) {
      const client = createRpcClient(GreeterContract, { ...options, baseUrl: `http://${address}`, gzip })
      return { call: (order) => makeCall(client, order), close: () => {} }
    },
  }
}

type Client = ReturnType<typeof createRpcClient<typeof GreeterContract>>

async function makeCall(client: Client, order: Order): Promise<Outcome> {
  const { cancel, metadata, timeoutMs } = order
  const controller = new AbortController()
  void cancel?.then(() => controller.abort())
  let headers = new Headers()
  let trailers = new Headers()
  const options: CallOptions = {
    signal: controller.signal,
    onHeaders: (received) => void (headers = received),
    onTrailers: (received) => void (trailers = received),
    ...(metadata && { metadata: metadataOf(metadata) }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
  const answers: string[] = []
  const ended = Promise.withResolvers<void>()
  const { answered, answer } = turns()
  let failure: GrpcError | undefined
  try {
    for await (const text of answersOf(client, order, pacedQuestions(order, answered, ended.promise), options)) {
      answers.push(text)
      answer()
    }
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error
    failure = error
  }
  ended.resolve()
  return {
    answers,
    headers: entriesOf(headers),
    trailers: { ...entriesOf(trailers), ...(failure && entriesOf(failure.metadata)) },
    code: failure?.code ?? GrpcStatus.OK,
    text: failure?.message ?? '',
    details: (failure?.detailsOf(HelloRequestSchema) ?? []).map((found) => `${found.$typeName} ${found.name}`),
  }
}

async function* answersOf(
  client: Client,
  { method, questions }: Order,
  stream: AsyncIterable<Question>,
  options: CallOptions,
): AsyncGenerator<string> {
  const first = questionInit(questions[0] ?? { name: '' })
  const messages = (async function* () {
    for await (const question of stream) yield questionInit(question)
  })()
  switch (method) {
    case 'SayHello':
      yield (await client.SayHello(first, options)).message
      return
    case 'SayHelloStream':
      for await (const reply of client.SayHelloStream(first, options)) yield reply.message
      return
    case 'RecordRoute':
      yield (await client.RecordRoute(messages, options)).names.join(',')
      return
    case 'RouteChat':
      for await (const reply of client.RouteChat(messages, options)) yield reply.message
      return
    case 'Nothing':
      throw new Error('the contract has no such method')
  }
}

function metadataOf(entries: Readonly<Record<string, string>>): Record<string, string | Uint8Array> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, value]) => [
      name,
      name.endsWith('-bin') ? Uint8Array.fromBase64(value) : value,
    ]),
  )
}

function entriesOf(headers: Headers): Record<string, string> {
  const metadata = new Metadata(headers)
  return Object.fromEntries(
    [...metadata].map(([name, value]) => [
      name,
      name.endsWith('-bin') ? (metadata.bytes(name)?.toBase64({ omitPadding: true }) ?? value) : value,
    ]),
  )
}
