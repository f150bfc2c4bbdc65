/**
 * A file as an answer: with a tag and the time of its last change, 304 where the client has it already. Ranges are the
 * runtime's, which also looks at `If-Range`; without a socket the whole file is the answer.
 */
import type { BunFile } from 'bun'

/** `file` exists. `headers` are the answer's own. */
export function fileResponse(
  request: Request,
  file: BunFile,
  headers: Readonly<Record<string, string>>,
  status = 200,
): Response {
  const changed = new Date(Math.floor(file.lastModified / 1000) * 1000)
  const etag = `W/"${file.size.toString(16)}-${file.lastModified.toString(16)}"`
  const all = { etag, 'last-modified': changed.toUTCString(), ...headers }
  if (status === 200 && isFresh(request, etag, changed)) return new Response(null, { status: 304, headers: all })
  const body = request.method === 'HEAD' ? { ...all, 'content-length': String(file.size) } : all
  return new Response(request.method === 'HEAD' ? null : file, { status, headers: body })
}

/** What the client has is what it would get. Tags count before times, as RFC 9110 says. */
function isFresh({ method, headers }: Request, etag: string, changed: Date): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const tags = headers.get('if-none-match')
  if (tags !== null) return tags.trim() === '*' || tags.split(',').some((tag) => weak(tag) === weak(etag))
  const since = Date.parse(headers.get('if-modified-since') ?? '')
  return changed.getTime() <= since
}

function weak(tag: string): string {
  return tag.trim().replace(/^W\//, '')
}
