/**
 * Paths of requests. `request.url` is a whole address, but only a path when the client named no host, or none that can be: then
 * `new URL(request.url)` throws.
 */

/** The path as it was sent, without the query. */
export function pathOf(url: string): string {
  const start = url.charCodeAt(0) === SLASH ? 0 : url.indexOf('/', url.indexOf('//') + 2)
  if (start === -1) return '/'
  for (let index = start; index < url.length; index++) {
    const code = url.charCodeAt(index)
    if (code === QUESTION || code === HASH) return url.slice(start, index)
  }
  return start === 0 ? url : url.slice(start)
}

/**
 * The path that routes are matched with: escapes decoded but for those of separators, no slash at the end. Throws `URIError` for half an
 * escape, and for bytes that are no UTF-8.
 */
export function routingPath(url: string): string {
  const sent = pathOf(url)
  const path = sent.includes('%') ? decodeButSeparators(sent) : sent
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** What a client sent as a host that is none. A request without one is an old client's. */
export function hasBadHost(request: Request): boolean {
  return request.url.charCodeAt(0) === SLASH && (request.headers.get('host') ?? '') !== ''
}

export function urlOf(request: Request): URL {
  return new URL(request.url, 'http://localhost')
}

const SLASH = 0x2f
const QUESTION = 0x3f
const HASH = 0x23

/** `%25` and separators (`%2F`) stay, for parameters to decode. */
function decodeButSeparators(path: string): string {
  decodeURIComponent(path)
  return decodeURI(path.replaceAll('%25', '%2525'))
}
