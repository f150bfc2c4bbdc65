/** Makes `res` for one request. */
import { HttpError } from '../errors.ts'
import { Reply, type CookieOptions, type Responder } from './reply.ts'

type AnyResponder = Responder<Record<never, never>, 'default'>

export class RequestResponder implements AnyResponder {
  readonly #request: Request
  #headers: Headers | undefined
  #status: number | undefined

  constructor(request: Request) {
    this.#request = request
  }

  /** Headers set by the handler, or `undefined` when it set none. */
  get ownHeaders(): Headers | undefined {
    return this.#headers
  }

  get headers(): Headers {
    this.#headers ??= new Headers()
    return this.#headers
  }

  status<const Next extends number>(status: Next): Responder<Record<never, never>, Next> {
    this.#status = status
    return this as unknown as Responder<Record<never, never>, Next>
  }

  header(name: string, value: string): this {
    this.headers.set(name, value)
    return this
  }

  cookie(name: string, value: string, options: CookieOptions = {}): this {
    const expires = typeof options.expires === 'number' ? new Date(options.expires) : options.expires
    const { expires: _, ...rest } = options
    const cookie = new Bun.Cookie(name, value, {
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'lax',
      ...rest,
      ...(expires && { expires }),
    })
    this.headers.append('set-cookie', cookie.serialize())
    return this
  }

  clearCookie(name: string, options: Pick<CookieOptions, 'path' | 'domain'> = {}): this {
    return this.cookie(name, '', { ...options, maxAge: 0 })
  }

  json(value: unknown): Reply {
    return new Reply(this.#status, { kind: 'value', value })
  }

  text(text: string): Reply {
    return this.#raw(text, 'text/plain; charset=utf-8')
  }

  html(html: string): Reply {
    return this.#raw(html, 'text/html; charset=utf-8')
  }

  stream(
    body: ReadableStream | AsyncIterable<Uint8Array | string> | Uint8Array,
    contentType = 'application/octet-stream',
  ): Reply {
    return this.#raw(body as BodyInit, contentType)
  }

  async file(path: string, contentType?: string): Promise<Reply> {
    const file = Bun.file(path)
    if (!(await file.exists())) throw new HttpError(404, 'There is no such file')
    return new Reply(this.#status, { kind: 'file', file, contentType })
  }

  redirect(location: string): Reply {
    this.headers.set('location', location.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent))
    const status = this.#status ?? (this.#request.method === 'GET' || this.#request.method === 'HEAD' ? 302 : 303)
    return new Reply(status, { kind: 'raw', body: null, contentType: undefined })
  }

  error(message: string, status?: number): Reply {
    return new Reply(status ?? this.#status ?? 400, { kind: 'problem', message })
  }

  end(): Reply {
    return new Reply(this.#status ?? 204, { kind: 'raw', body: null, contentType: undefined })
  }

  #raw(body: BodyInit, contentType: string): Reply {
    return new Reply(this.#status, { kind: 'raw', body, contentType })
  }
}
