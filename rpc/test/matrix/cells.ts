/**
 * What every client is held to, against every server: one list for all, so that a row of the matrix is a client and a
 * column a test below. A client says which cells it cannot have, and why.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { GrpcStatus } from '../../index.ts'
import type { Caller, ClientKind, Method, Order, Outcome, Question } from './caller.ts'
import type { Served } from './served.ts'
import { meteredWire } from './wire.ts'

interface Kind {
  readonly title: string
  readonly method: Method
  /** The questions of a call about a name, all with the note. */
  readonly ask: (name: string, note?: string) => readonly Question[]
  readonly answers: (name: string) => readonly string[]
  /** What arrives before the call of a name that is an error, or that waits, goes no further. */
  readonly before: (name: string) => readonly string[]
}

const none = () => []
const one = (name: string, note?: string): Question[] => [{ name, ...(note && { note }) }]
const two = (name: string, note?: string): Question[] => [...one('first', note), ...one(name, note)]
const kinds: readonly Kind[] = [
  { title: 'unary', method: 'SayHello', ask: one, answers: (name) => [`Hello, ${name}`], before: none },
  {
    title: 'server stream',
    method: 'SayHelloStream',
    ask: (name, note) => one(name, note).map((question) => ({ ...question, times: 2 })),
    answers: (name) => [`Hello 0, ${name}`, `Hello 1, ${name}`],
    before: (name) => [`Hello 0, ${name}`, `Hello 1, ${name}`],
  },
  { title: 'client stream', method: 'RecordRoute', ask: two, answers: (name) => [`first,${name}`], before: none },
  {
    title: 'bidi stream',
    method: 'RouteChat',
    ask: two,
    answers: (name) => ['Hello, first', `Hello, ${name}`],
    before: () => ['Hello, first'],
  },
]

/** Time enough for the call to arrive on a busy machine; nothing waits longer than that. */
const deadlineMs = 500
const mebibyte = 1024 * 1024

/** What a cell works with. */
interface Bench {
  readonly served: Served
  call(order: Order): Promise<Outcome>
  /** Through a wire that counts, with a client that compresses. */
  compressed(order: Order): Promise<{ outcome: Outcome; sent: number; received: number }>
}

interface Cell {
  readonly name: string
  readonly run: (bench: Bench) => Promise<void>
}

const perKind: readonly { readonly name: string; readonly run: (kind: Kind, bench: Bench) => Promise<void> }[] = [
  {
    name: 'is answered',
    async run(kind, { call, served }) {
      const note = crypto.randomUUID()
      const outcome = await call({ method: kind.method, questions: kind.ask('Ada', note) })
      expect(outcome).toMatchObject({ answers: kind.answers('Ada'), code: 0 })
      expect(await served.ended(note)).toBe('finished')
    },
  },
  {
    name: 'carries metadata both ways, text and binary',
    async run(kind, { call }) {
      const metadata = { 'x-ask': 'a "question"', 'x-ask-bin': 'AP8B/g' }
      const outcome = await call({ method: kind.method, questions: kind.ask('Ada'), metadata, timeoutMs: 60_000 })
      expect(outcome).toMatchObject({ answers: kind.answers('Ada'), code: 0 })
      expect(outcome.headers).toMatchObject({ 'x-echo': 'a "question"' })
      expect(outcome.trailers).toMatchObject({ 'x-last': 'true', 'x-echo-bin': '/gH/AA' })
    },
  },
  {
    name: 'carries code, text, details and metadata of an error',
    async run(kind, { call }) {
      const outcome = await call({ method: kind.method, questions: kind.ask('missing') })
      expect(outcome).toMatchObject({
        answers: kind.before('missing'),
        code: GrpcStatus.NOT_FOUND,
        text: 'no "50%" of müller: gone',
        details: ['greeter.v1.HelloRequest detail'],
      })
      expect({ ...outcome.headers, ...outcome.trailers }).toMatchObject({ 'x-why': 'because' })
    },
  },
  {
    name: 'ends at its deadline, on the server too',
    async run(kind, { call, served }) {
      const note = crypto.randomUUID()
      const order = { method: kind.method, questions: kind.ask('wait', note), timeoutMs: deadlineMs }
      expect((await call(order)).code).toBe(GrpcStatus.DEADLINE_EXCEEDED)
      expect(await served.ended(note)).toBe('cut off')
    },
  },
  {
    name: 'is cancelled, and the server sees it',
    async run(kind, { call, served }) {
      const note = crypto.randomUUID()
      const cancel = served.started(note)
      const outcome = await call({ method: kind.method, questions: kind.ask('wait', note), cancel })
      expect(outcome.code).toBe(GrpcStatus.CANCELLED)
      expect(await served.ended(note)).toBe('cut off')
    },
  },
  {
    name: 'is compressed both ways',
    async run(kind, { compressed }) {
      const name = 'g'.repeat(mebibyte)
      const { outcome, sent, received } = await compressed({ method: kind.method, questions: kind.ask(name) })
      expect(outcome.code).toBe(0)
      expect(sizes(outcome.answers)).toEqual(sizes(kind.answers(name)))
      expect([sent < mebibyte / 10, received < mebibyte / 10]).toEqual([true, true])
    },
  },
  {
    name: 'takes messages of almost 4 MiB both ways',
    async run(kind, { call }) {
      const name = 'm'.repeat(4 * mebibyte - 100)
      const outcome = await call({ method: kind.method, questions: kind.ask(name) })
      expect([outcome.code, outcome.text]).toEqual([0, ''])
      expect(sizes(outcome.answers)).toEqual(sizes(kind.answers(name)))
    },
  },
  {
    name: 'is made 1,000 times at once',
    async run(kind, { call }) {
      const names = Array.from({ length: 1000 }, (_, index) => `n${index}`)
      const outcomes = await Promise.all(
        names.map((name) => call({ method: kind.method, questions: kind.ask(name), timeoutMs: 60_000 })),
      )
      expect(outcomes.map((outcome) => [outcome.code, ...outcome.answers])).toEqual(
        names.map((name) => [0, ...kind.answers(name)]),
      )
    },
  },
]

const once: readonly Cell[] = [
  {
    name: 'bidi stream: each answer comes before the next question',
    async run({ call }) {
      const questions = ['a', 'b', 'c'].map((name) => ({ name }))
      const outcome = await call({ method: 'RouteChat', questions, pingPong: true })
      expect(outcome).toMatchObject({ answers: ['Hello, a', 'Hello, b', 'Hello, c'], code: 0 })
    },
  },
  ...(['RecordRoute', 'RouteChat'] as const).map((method) => ({
    name: `${method === 'RouteChat' ? 'bidi' : 'client'} stream: is cancelled while it is still asked`,
    async run({ call, served }: Bench) {
      const note = crypto.randomUUID()
      const cancel = served.started(note)
      const outcome = await call({ method, questions: one('Ada', note), keepOpen: true, cancel })
      expect(outcome.code).toBe(GrpcStatus.CANCELLED)
      expect(await served.ended(note)).toBe('cut off')
    },
  })),
  {
    name: 'server stream: 5,000 messages',
    async run({ call }) {
      const outcome = await call({ method: 'SayHelloStream', questions: [{ name: 'Ada', times: 5000 }] })
      expect([outcome.code, outcome.answers.length, outcome.answers.at(-1)]).toEqual([0, 5000, 'Hello 4999, Ada'])
    },
  },
  {
    name: 'unary: metadata of 7 kB',
    async run({ call }) {
      const metadata = { 'x-ask': 'q'.repeat(7000) }
      const outcome = await call({ method: 'SayHello', questions: one('Ada'), metadata })
      expect([outcome.code, outcome.headers['x-echo']?.length]).toEqual([0, 7000])
    },
  },
  {
    name: 'unary: an unexpected error says nothing',
    async run({ call }) {
      const outcome = await call({ method: 'SayHello', questions: one('bug') })
      expect(outcome).toMatchObject({ code: GrpcStatus.INTERNAL, text: 'internal error', details: [] })
    },
  },
  {
    name: 'unary: a message of 5 MiB is refused, and the next call is answered',
    async run({ call }) {
      const outcome = await call({ method: 'SayHello', questions: one('m'.repeat(5 * mebibyte)) })
      expect(outcome.code).toBe(GrpcStatus.RESOURCE_EXHAUSTED)
      expect(await call({ method: 'SayHello', questions: one('Ada') })).toMatchObject({ answers: ['Hello, Ada'] })
    },
  },
  {
    name: 'unary: a method that is not there',
    async run({ call }) {
      expect((await call({ method: 'Nothing', questions: one('Ada') })).code).toBe(GrpcStatus.UNIMPLEMENTED)
    },
  },
]

const cells: readonly Cell[] = [
  ...perKind.flatMap(({ name, run }) =>
    kinds.map((kind) => ({ name: `${kind.title}: ${name}`, run: (bench: Bench) => run(kind, bench) })),
  ),
  ...once,
]

/** One row of the matrix: a test for each cell that the client can have. */
export function describeMatrix(client: ClientKind, serve: () => Promise<Served>): void {
  describe(client.name, () => {
    const impossible = Object.keys(client.impossible)
    let served: Served
    let caller: Caller
    beforeAll(async () => {
      served = await serve()
      caller = await client.connect({ address: served[client.port], gzip: false })
    })
    afterAll(async () => {
      await caller.close()
      await served.stop()
    })

    const compressed: Bench['compressed'] = async (order) => {
      const wire = await meteredWire(served[client.port])
      const zipping = await client.connect({ address: wire.address, gzip: true })
      const outcome = await zipping.call(order)
      await zipping.close()
      wire.close()
      return { outcome, sent: wire.sent, received: wire.received }
    }

    for (const { name, run } of cells) {
      if (impossible.some((ending) => name.endsWith(ending))) continue
      test(name, () => run({ served, compressed, call: (order) => caller.call(order) }), 60_000)
    }

    test('each cell that is left out is one of the matrix', () => {
      expect(impossible.filter((ending) => !cells.some(({ name }) => name.endsWith(ending)))).toEqual([])
    })
  })
}

/** Large texts make failures unreadable. */
function sizes(texts: readonly string[]): number[] {
  return texts.map((text) => text.length)
}
