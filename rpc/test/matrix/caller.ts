/** What the matrix asks of a client, whatever it is written in: make one call, and tell everything that came back. */

/** A message of the caller. `note` names the call, so that the server can be asked about it. */
export interface Question {
  readonly name: string
  readonly times?: number
  readonly note?: string
}

export type Method = 'SayHello' | 'SayHelloStream' | 'RecordRoute' | 'RouteChat' | 'Nothing'

export interface Order {
  readonly method: Method
  readonly questions: readonly Question[]
  /** Each question after the first waits for an answer. */
  readonly pingPong?: boolean
  /** The stream of questions stays open after the last one. */
  readonly keepOpen?: boolean
  /** Values of names that end in `-bin` are base64 without padding. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** Cancels the call when it resolves. */
  readonly cancel?: Promise<void>
}

export interface Outcome {
  /** The text of each answer; the names that RecordRoute has recorded, joined by commas. Those before an error too. */
  readonly answers: readonly string[]
  /** Names in lower case; binary values in base64 without padding. Where an error puts its metadata is up to the protocol. */
  readonly headers: Readonly<Record<string, string>>
  readonly trailers: Readonly<Record<string, string>>
  /** The number of the status, 0 when all went well. */
  readonly code: number
  readonly text: string
  /** `greeter.v1.HelloRequest detail` for each detail of the error. */
  readonly details: readonly string[]
}

export interface Caller {
  call(order: Order): Promise<Outcome>
  close(): void | Promise<void>
}

export interface ConnectOptions {
  /** `host:port` of the port that the client speaks to. */
  readonly address: string
  readonly gzip: boolean
}

export interface ClientKind {
  readonly name: string
  readonly port: 'grpc' | 'http'
  /** The cells that this client cannot have, each with the reason: the name of one, or how the names of several end. */
  readonly impossible: Readonly<Record<string, string>>
  connect(options: ConnectOptions): Promise<Caller>
}
