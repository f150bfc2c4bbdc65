/**
 * What every answer carries: Hono's security headers, worked out once per server. Answers in JSON start from a copy of the whole
 * set, which costs a quarter of setting one header after the other; all others are completed at the end.
 */
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

export class CommonHeaders {
  /** The set, and the content type of JSON. Never changed: responses copy it. */
  readonly json: Headers
  readonly #all: readonly (readonly [string, string])[]

  private constructor(all: readonly (readonly [string, string])[]) {
    this.#all = all
    this.json = new Headers([...all.map(([name, value]): [string, string] => [name, value]), jsonType])
  }

  /** `sharing` when other sites may read answers (CORS). */
  static async secure({ sharing }: { readonly sharing: boolean }): Promise<CommonHeaders> {
    const app = new Hono()
    app.use(secureHeaders({ crossOriginResourcePolicy: sharing ? false : 'same-origin' }))
    app.get('/', (context) => context.body(null))
    return new CommonHeaders([...(await app.request('/')).headers])
  }

  static none(): CommonHeaders {
    return new CommonHeaders([])
  }

  /** Adds what is not there yet; a handler's own value stays. Throws where the headers cannot be changed. */
  complete(headers: Headers): void {
    for (const [name, value] of this.#all) if (!headers.has(name)) headers.set(name, value)
  }
}

const jsonType: [string, string] = ['content-type', 'application/json']
