/**
 * The matrix's caller on `buf curl`, which is connect-go: one OS process for each call, which learns the contract by
 * reflection. Headers and trailers are read from what it tells about its exchange.
 */
import { createRequire } from 'node:module'
import { GrpcStatus, type GrpcStatusName } from '../../index.ts'
import type { ClientKind, Order, Outcome } from './caller.ts'
import { pacedQuestions, turns } from './messages.ts'
import { describeDetail } from './status-details.ts'

/** The program itself: the script that its package starts it with does not pass signals on. */
const buf = createRequire(import.meta.resolve('@bufbuild/buf/package.json')).resolve(
  `@bufbuild/buf-${process.platform}-${process.arch}/bin/buf`,
)
const startingMs = 2_000
const noTrailers = 'it shows no trailers of a call with one answer over this protocol'
const noTrailersOf: Readonly<Record<string, readonly string[]>> = {
  grpc: [],
  grpcweb: [
    'unary: carries metadata both ways, text and binary',
    'client stream: carries metadata both ways, text and binary',
    'unary: carries code, text, details and metadata of an error',
  ],
  connect: ['client stream: carries metadata both ways, text and binary'],
}

export function bufCurl(protocol: 'grpc' | 'grpcweb' | 'connect'): ClientKind {
  return {
    name: `buf curl --protocol ${protocol}`,
    port: 'grpc',
    impossible: {
      'is made 1,000 times at once': 'each call is an OS process of its own',
      'is compressed both ways': 'it accepts gzip and never sends it',
      'a method that is not there': 'it asks reflection first, and does not call what is not there',
      ...Object.fromEntries((noTrailersOf[protocol] ?? []).map((cell) => [cell, noTrailers])),
    },
    connect: async ({ address }) => ({ call: (order) => curl(protocol, address, order), close: () => {} }),
  }
}

const cancelled = { code: GrpcStatus.CANCELLED, text: '', details: [] }

async function curl(protocol: string, address: string, order: Order): Promise<Outcome> {
  const { method, metadata = {}, timeoutMs } = order
  const headers = Object.entries(metadata).flatMap(([name, value]) => ['--header', csv(`${name}: ${value}`)])
  // It counts from the start of the program, which asks reflection first.
  const timeout = timeoutMs === undefined ? [] : ['--timeout', `${timeoutMs + startingMs}ms`]
  const url = `http://${address}/greeter.v1.Greeter/${method}`
  const options = ['--protocol', protocol, '--http2-prior-knowledge', '--verbose', ...timeout, ...headers]
  const child = Bun.spawn([buf, 'curl', ...options, '--data', '@-', url], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  void order.cancel?.then(() => child.kill('SIGKILL'))
  const { answered, answer } = turns()
  const ended = child.exited.then(() => {})
  const write = async () => {
    for await (const question of pacedQuestions(order, answered, ended)) {
      void child.stdin.write(`${JSON.stringify(question)}\n`)
      await child.stdin.flush()
    }
    await child.stdin.end()
  }
  const answers: string[] = []
  const read = async () => {
    for await (const text of jsonObjects(child.stdout)) {
      const { message, names } = JSON.parse(text) as { message?: string; names?: string[] }
      answers.push(names?.join(',') ?? message ?? '')
      answer()
    }
  }
  const [told] = await Promise.all([new Response(child.stderr).text(), read(), write().catch(() => {})])
  await child.exited
  // Ended in the middle, it says nothing more: its connection is what is gone.
  const failure = child.signalCode === 'SIGKILL' ? cancelled : failureOf(told)
  return { answers, ...exchangeOf(told), ...failure }
}

/** The texts of the objects that are printed one after the other, over many lines each. */
async function* jsonObjects(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true })
    for (let end = rest.indexOf('\n}\n'); end !== -1; end = rest.indexOf('\n}\n')) {
      yield rest.slice(0, end + 2)
      rest = rest.slice(end + 3)
    }
  }
}

/** Lines of the call itself are numbered after those of reflection: `buf: < (#2) X-Echo: question`. */
function exchangeOf(told: string): Pick<Outcome, 'headers' | 'trailers'> {
  const invoked = told.slice(told.indexOf('* Invoking RPC'))
  const number = /> \((#\d+)\) POST/.exec(invoked)?.[1] ?? ''
  const lines = invoked.split('\n').filter((line) => line.startsWith(`buf: < (${number})`))
  const texts = lines.map((line) => line.slice(`buf: < (${number})`.length).trim())
  // Headers, an empty line, and then what came last.
  const empty = texts.indexOf('')
  const headers = Object.entries(entriesOf(texts.slice(0, empty)))
  // A unary answer of Connect has its trailers among the headers.
  const early = headers.filter(([name]) => name.startsWith('trailer-')).map(([name, value]) => [name.slice(8), value])
  const trailers = { ...Object.fromEntries(early), ...entriesOf(texts.slice(empty)) }
  return { headers: Object.fromEntries(headers), trailers }
}

function entriesOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line) => /^(?:\[\*\] )?([\w-]+): (.*)$/.exec(line)).filter((match) => match !== null)
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name.toLowerCase(), value]))
}

/** Its flags of several values are lists in CSV. */
function csv(value: string): string {
  return `"${value.replaceAll('"', '""')}"`
}

/** The error is printed as JSON among the lines about the exchange. */
function failureOf(told: string): Pick<Outcome, 'code' | 'text' | 'details'> {
  const [json] = /^\{\n[^]*?^\}$/m.exec(told) ?? []
  if (json === undefined) return { code: 0, text: '', details: [] }
  const error = JSON.parse(json) as {
    code: string
    message?: string
    details?: { type: string; value: string }[]
  }
  const name = error.code === 'canceled' ? 'CANCELLED' : error.code.toUpperCase()
  return {
    code: GrpcStatus[name as GrpcStatusName],
    text: error.message ?? '',
    details: (error.details ?? []).map(({ type, value }) => describeDetail(type, Uint8Array.fromBase64(value))),
  }
}
