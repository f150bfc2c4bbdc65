/** Objects that refer to no other: dates, patterns, URLs, bytes, `Temporal`. */
import { type Node, temporalKinds } from './node.ts'

/** The node of such an object; `undefined` for any other. */
export function leafNode(value: object, prototype: unknown): Node | undefined {
  if (prototype === Date.prototype) {
    const time = (value as Date).getTime()
    return ['d', Number.isNaN(time) ? null : time]
  }
  if (value instanceof RegExp) return ['r', value.source, value.flags, value.lastIndex]
  if (prototype === URL.prototype) return ['url', String(value)]
  if (prototype === URLSearchParams.prototype) return ['usp', String(value)]
  if (prototype === Buffer.prototype) return ['buf', (value as Buffer).toBase64()]
  if (prototype === ArrayBuffer.prototype) return ['ab', new Uint8Array(value as ArrayBuffer).toBase64()]
  const temporal = temporalKinds.find((kind) => prototype === Temporal[kind].prototype)
  return temporal === undefined ? undefined : ['t', temporal, String(value)]
}
