/** CORS, compression and tags: Hono's own middleware around all answers, where the options ask for any of them. */
import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import type { Exchange } from './exchange.ts'
import type { CorsOptions, HttpOptions } from './options.ts'

type Environment = { Bindings: Exchange }
export type Respond = (exchange: Exchange) => Response | Promise<Response>

/** Answers below this are not made smaller by compressing them. */
const COMPRESSIBLE = 1024

/** `respond` itself when there is nothing to put around it. */
export function withCommonMiddleware(options: HttpOptions, respond: Respond): Respond {
  const middleware = commonMiddleware(options)
  if (middleware.length === 0) return respond
  const hono = new Hono<Environment>()
  for (const each of middleware) hono.use(each)
  hono.all('*', (context) => respond(context.env))
  return (exchange) => hono.fetch(exchange.request, exchange)
}

function commonMiddleware(options: HttpOptions): MiddlewareHandler<Environment>[] {
  return [
    ...(options.cors ? [cors(corsOptions(options.cors))] : []),
    ...(options.compress ? [afterwards(compress(), ({ size }) => size === undefined || size >= COMPRESSIBLE)] : []),
    // A tag needs the whole answer: for a stream that would mean to wait for its end.
    ...(options.etag ? [afterwards(etag(), ({ size }) => size !== undefined)] : []),
  ]
}

/** Runs a middleware that changes answers, for those only that it is good for. */
function afterwards(
  middleware: MiddlewareHandler,
  wanted: (exchange: Exchange) => boolean,
): MiddlewareHandler<Environment> {
  return async (context, next) => {
    await next()
    if (wanted(context.env)) await middleware(context, async () => {})
  }
}

function corsOptions({
  origin,
  credentials,
  allowHeaders,
  exposeHeaders,
  maxAge,
}: CorsOptions): Parameters<typeof cors>[0] {
  return {
    origin: typeof origin === 'string' ? origin : [...origin],
    allowHeaders: [...(allowHeaders ?? ['Content-Type', 'Authorization'])],
    exposeHeaders: [...(exposeHeaders ?? ['X-Request-Id'])],
    ...(credentials !== undefined && { credentials }),
    maxAge: maxAge ?? 600,
  }
}
