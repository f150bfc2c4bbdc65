/** What `HttpFeature` takes. */
export interface HttpOptions {
  /** Default: `PORT`, else 3000. 0 takes a free one. */
  readonly port?: number
  /** Default `0.0.0.0`. */
  readonly host?: string
  /**
   * Milliseconds until a request is answered with 504, or 408 while its body is on its way, and its signal aborts (default 30,000;
   * 0 for none). Routes whose body is a stream have none but their own: an upload takes as long as it takes.
   */
  readonly requestTimeout?: number
  /**
   * Seconds that a connection has for receiving a request, and between two (default 60, at most 255; 0 for no end). Long answers
   * have more, a second for every 32 KiB; streams, sockets, mounted handlers and requests with a longer deadline have no end.
   */
  readonly idleTimeout?: number
  /** Milliseconds that requests in progress have at stop (default 10,000). */
  readonly shutdownTimeout?: number
  /**
   * Milliseconds between `/readyz` saying no and the server refusing connections (default 100). Answers in between close their
   * connection. Behind a balancer: longer than its check interval.
   */
  readonly readinessDelay?: number
  /** Largest body that is received at all, in bytes (default 1 GiB); routes have smaller limits of their own. */
  readonly maxRequestBodySize?: number
  /** Milliseconds of silence until an event stream gets a comment (default 15,000). */
  readonly heartbeat?: number
  /**
   * Milliseconds that an event stream has until its first event before its headers are sent without one (default 250). What it
   * throws until then is answered with its status; later it can only break the connection.
   */
  readonly firstEvent?: number
  /** Addresses or networks (`10.0.0.0/8`) whose `x-forwarded-for` is believed. Default: none. */
  readonly trustedProxies?: readonly string[]
  /** Origins of other sites that may read answers; `credentials` lets them send cookies. Default: none. */
  readonly cors?: CorsOptions
  /** Security headers (default true). */
  readonly secureHeaders?: boolean
  /** Compresses answers for clients that accept it (default false). */
  readonly compress?: boolean
  /** Adds an ETag to successful answers of GET and answers 304 where it matches (default false). */
  readonly etag?: boolean
  /** One log line per request (default true); for `/healthz`, `/docs` and the like at the level `debug`. */
  readonly accessLog?: boolean
  /** `/healthz`, `/readyz` and `/metrics` (default true). A route of the app with just such a path wins. */
  readonly monitoring?: boolean
  /** Folders served as they are, by path: `{ '/assets': './public' }`. Not what has a dot in front of its name, but for `.well-known`. */
  readonly static?: Readonly<Record<string, string>>
  readonly webSocket?: WebSocketOptions
}

/** Which pages of other origins may call, by `HttpFeature({ cors })`. Default: none. */
export interface CorsOptions {
  readonly origin: string | readonly string[]
  readonly credentials?: boolean
  readonly allowHeaders?: readonly string[]
  readonly exposeHeaders?: readonly string[]
  /** Seconds. */
  readonly maxAge?: number
}

/** Limits of every socket, by `HttpFeature({ webSocket })`. */
export interface WebSocketOptions {
  /** Origins besides the server's own that may connect from a browser. */
  readonly origins?: readonly string[]
  /** Bytes of one message (default 64 KiB): larger ones close with 1009. */
  readonly maxMessageSize?: number
  /** Unread messages of one socket (default 256): more close it with 1008. */
  readonly maxQueue?: number
  /** Messages a socket may send per second on average (default 100, bursts of as many): more close it with 1008. */
  readonly messagesPerSecond?: number
  /** Seconds without a sign of life until a socket is closed (default 120); pings are sent before. */
  readonly idleTimeout?: number
}
