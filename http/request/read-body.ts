/** Reads a request's body up to a limit and decodes it by its type. Every way it can be wrong has its own status. */
import { HttpError } from '../errors.ts'
import type { BodyType } from '../route/route.ts'
import { after, type Awaitable } from './after.ts'
import { gather } from './gather.ts'
import { parseJson } from './parse-json.ts'
import { tooLong, uploadStream } from './upload-stream.ts'

/** Throws or rejects with `HttpError`: 400 malformed, 413 too long, 415 another type. `undefined` when there is none. */
export function readBody(request: Request, type: BodyType, limit: number): Awaitable<unknown> {
  const { headers } = request
  const declared = declaredLength(headers)
  if (declared !== undefined && declared > limit) throw tooLong(limit)
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity')
    throw new HttpError(415, `Bodies are taken as they are, not in ${encoding}`)
  if (type === 'stream') return uploadStream(request.body, limit)
  const contentType = headers.get('content-type')
  if ((type === 'json' || type === 'form') && !accepts(type, plainType(contentType)))
    return otherType(request, type, declared, limit, contentType)
  return after(readBytes(request, declared, limit), (bytes): Awaitable<unknown> => {
    switch (type) {
      case 'bytes':
        return bytes
      case 'text':
        return decodeText(bytes)
      case 'json':
        return bytes.length === 0 ? undefined : json(decodeText(bytes))
      case 'form':
        return parseForm(bytes, contentType ?? '')
    }
  })
}

/** `undefined` for bodies whose length only their end tells. */
function declaredLength(headers: Headers): number | undefined {
  const declared = headers.get('content-length')
  return declared === null || headers.get('transfer-encoding') !== null ? undefined : Number(declared)
}

/** The content type without its parameters, in lower case. */
function plainType(contentType: string | null): string {
  if (contentType === null || contentType === 'application/json') return contentType ?? ''
  const end = contentType.indexOf(';')
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}

/** What has no content has no content type either. */
async function otherType(
  request: Request,
  type: 'json' | 'form',
  declared: number | undefined,
  limit: number,
  contentType: string | null,
): Promise<undefined> {
  if ((declared ?? (await readBytes(request, declared, limit)).length) === 0) return undefined
  const wanted = type === 'json' ? 'application/json' : 'a form'
  const given = contentType === null ? 'but has no content type' : `not ${plainType(contentType)}`
  throw new HttpError(415, `The body must be ${wanted}, ${given}`)
}

function accepts(type: 'json' | 'form', contentType: string): boolean {
  if (type === 'json') return contentType === 'application/json' || contentType.endsWith('+json')
  return contentType === 'application/x-www-form-urlencoded' || contentType === 'multipart/form-data'
}

function readBytes(request: Request, declared: number | undefined, limit: number): Promise<Uint8Array> {
  // A declared length is enforced by the runtime, so the body can be read at once. (Asking for `request.body` makes a stream.)
  return declared === undefined ? readChunks(request, limit) : readWhole(request, limit)
}

async function readWhole(request: Request, limit: number): Promise<Uint8Array> {
  const bytes = await request.bytes()
  if (bytes.length > limit) throw tooLong(limit)
  return bytes
}

async function readChunks(request: Request, limit: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > limit) throw tooLong(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new HttpError(400, 'The body is not valid UTF-8')
  }
}

function json(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new HttpError(400, 'The body is not valid JSON')
  }
}

async function parseForm(bytes: Uint8Array, contentType: string): Promise<Record<string, unknown>> {
  try {
    const form = await new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': contentType },
    }).formData()
    return gather(form as unknown as Iterable<[string, unknown]>)
  } catch {
    throw new HttpError(400, 'The body is not a valid form')
  }
}
