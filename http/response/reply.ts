/**
 * What a handler answers with when a plain value is not enough: `res.status(201).json(order)`, `res.redirect('/done')`. A reply
 * is data; the response is made of it after the handler, when what it declares has been checked.
 */
import type { BunFile } from 'bun'
import type { InputOf } from '../route/schema.ts'

export type ReplyBody =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'raw'; readonly body: BodyInit | null; readonly contentType: string | undefined }
  | { readonly kind: 'file'; readonly file: BunFile; readonly contentType: string | undefined }
  | { readonly kind: 'problem'; readonly message: string }

/** What `res.json(...)`, `res.text(...)` and the others make: return it from the handler. */
export class Reply {
  readonly status: number | undefined
  readonly body: ReplyBody

  constructor(status: number | undefined, body: ReplyBody) {
    this.status = status
    this.body = body
  }
}

type SuccessKey<Returns> = Extract<keyof Returns, 200 | 201 | 202 | 203 | 206>

/** What a handler may give back as it is: the input of the success schemas that its route declares. */
export type SuccessInput<Returns> = [keyof Returns] extends [never]
  ? unknown
  : [SuccessKey<Returns>] extends [never]
    ? undefined
    : Relaxed<InputOf<Returns[SuccessKey<Returns>]>>

/** What `json` takes after `status(Status)`. */
type JsonInput<Returns, Status> = Status extends keyof Returns ? Relaxed<InputOf<Returns[Status]>> : unknown

/** Lists may be read-only. */
export type Relaxed<Value> = Value extends readonly (infer Element)[] ? readonly Element[] : Value

/** Of `res.cookie(name, value, ...)`. */
export interface CookieOptions {
  readonly path?: string
  readonly domain?: string
  /** Seconds; 0 or less deletes. */
  readonly maxAge?: number
  readonly expires?: Date | number
  /** Default true: scripts cannot read it. */
  readonly httpOnly?: boolean
  /** Default true. */
  readonly secure?: boolean
  /** Default `lax`. */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  readonly partitioned?: boolean
}

/** `res` of a handler. Everything but the last call of a chain changes the answer in the making. */
export interface Responder<Returns, Status = 'default'> {
  /** Headers of the answer, whatever it will be. */
  readonly headers: Headers
  status<const Next extends number>(status: Next): Responder<Returns, Next>
  header(name: string, value: string): Responder<Returns, Status>
  cookie(name: string, value: string, options?: CookieOptions): Responder<Returns, Status>
  clearCookie(name: string, options?: Pick<CookieOptions, 'path' | 'domain'>): Responder<Returns, Status>
  json(value: Status extends 'default' ? SuccessInput<Returns> : JsonInput<Returns, Status>): Reply
  text(text: string): Reply
  html(html: string): Reply
  /** A body of its own: bytes, a stream, an async generator. The type defaults to `application/octet-stream`. */
  stream(body: ReadableStream | AsyncIterable<Uint8Array | string> | Uint8Array, contentType?: string): Reply
  /** A file of this machine, with ranges and conditional requests. 404 if there is none. */
  file(path: string, contentType?: string): Promise<Reply>
  /** 303 after a POST, else 302, unless a status says otherwise. */
  redirect(location: string): Reply
  /** A problem document with this message; the status defaults to 400. */
  error(message: string, status?: number): Reply
  /** No body; 204 unless a status says otherwise. */
  end(): Reply
}
