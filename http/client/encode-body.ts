/** What a call sends as its body: JSON, unless the value or the content type that the caller gives says otherwise. */

export interface EncodedBody {
  readonly body: BodyInit
  /** Missing where the runtime knows better: the boundary of a form, the type of a blob. */
  readonly contentType?: string
}

type RawBody = FormData | Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | ReadableStream | URLSearchParams

/** An object with files in it becomes a form; with a content type of forms any object does, with one of text a text is sent as it is. */
export function encodeBody(value: unknown, contentType: string | undefined): EncodedBody | undefined {
  if (value === undefined) return undefined
  const given = contentType === undefined ? {} : { contentType }
  if (value instanceof FormData) return { body: value }
  if (isRaw(value)) return { body: value, ...given }
  const media = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (typeof value === 'string' && media !== '' && !media.endsWith('json')) return { body: value, ...given }
  if (isRecord(value)) {
    if (media === 'application/x-www-form-urlencoded') return { body: new URLSearchParams(textsOf(value)) }
    if (
      media === 'multipart/form-data' ||
      Object.values(value)
        .flat()
        .some((each) => each instanceof Blob)
    ) {
      return { body: formOf(value) }
    }
  }
  return { body: JSON.stringify(value), contentType: contentType ?? 'application/json' }
}

function isRaw(value: unknown): value is RawBody {
  return [FormData, Uint8Array, ArrayBuffer, Blob, ReadableStream, URLSearchParams].some(
    (kind) => value instanceof kind,
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function entriesOf(value: Readonly<Record<string, unknown>>): [string, unknown][] {
  const entries = Object.entries(value).flatMap(([name, each]) =>
    [each].flat().map((one): [string, unknown] => [name, one]),
  )
  return entries.filter(([, each]) => each !== undefined)
}

function textsOf(value: Readonly<Record<string, unknown>>): [string, string][] {
  return entriesOf(value).map(([name, each]) => [name, textOf(each)])
}

function formOf(value: Readonly<Record<string, unknown>>): FormData {
  const form = new FormData()
  for (const [name, each] of entriesOf(value)) {
    if (each instanceof Blob) form.append(name, each)
    else form.append(name, textOf(each))
  }
  return form
}

/** As JSON has it, references as their text; text without quotes. */
export function textOf(value: unknown): string {
  const json: unknown =
    typeof value === 'object' && value !== null ? (JSON.parse(JSON.stringify(value)) as unknown) : value
  return typeof json === 'object' && json !== null ? JSON.stringify(json) : String(json)
}
