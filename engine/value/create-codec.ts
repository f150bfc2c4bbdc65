/** The codec: parts per root, compared with what is stored, so that unchanged parts are not written again. */
import type { EncodedSnapshot, Root, Snapshot, ValueCodec, ValueType } from './codec.ts'
import { Decoder } from './decode.ts'
import { Encoder } from './encode.ts'
import { inlinePrimitive } from './inline.ts'
import { type Bytes, plainBytes, TextBytes, textOfBytes } from './text-bytes.ts'
import { checkAcyclicTypes } from './typed-cycle.ts'

/** A codec that also stores `types`. Tags must be unique. */
export function createValueCodec(types: readonly ValueType[] = []): ValueCodec {
  const byTag = new Map<string, ValueType>()
  for (const type of types) {
    if (byTag.has(type.tag)) throw new TypeError(`Two value types have the tag '${type.tag}'`)
    byTag.set(type.tag, type)
  }

  function encode(roots: readonly Root[], previous: Snapshot = empty): EncodedSnapshot {
    const numbers = numberRoots(roots, previous)
    const plain = primitiveParts(roots, numbers)
    if (plain !== undefined) return compare(plain, numbers, previous)
    const encoder = new Encoder(types)
    const weak: Root[] = []
    for (const root of roots) {
      if (root.weak) weak.push(root)
      else encoder.encodeRoot(root.name, root.value, numbers.get(root.name) as number)
    }
    for (const { name, value } of weak) {
      if (encoder.holds(value as object)) encoder.encodeRoot(name, value, numbers.get(name) as number)
      else numbers.delete(name)
    }
    checkAcyclicTypes(encoder.parts, numbers)
    return compare(encoder.parts, numbers, previous)
  }

  function decode(snapshot: Snapshot): Map<string, unknown> {
    const decoder = new Decoder(byTag, snapshot.parts)
    const values = new Map<string, unknown>()
    for (const [name, part] of snapshot.roots) values.set(name, decoder.root(part))
    return values
  }

  return {
    encode,
    decode,
    encodeValue(value, label) {
      const { snapshot } = encode([{ name: label, value }])
      if (snapshot.parts.size === 1) return plainBytes(snapshot.parts.get(0) as Bytes)
      return joinParts(snapshot.parts)
    },
    decodeValue: (bytes) => new Decoder(byTag, splitParts(bytes)).root(0),
  }
}

const empty: Snapshot = { parts: new Map(), roots: new Map() }
const toBytes = new TextEncoder()
const toText = new TextDecoder()

/** The parts of roots that are all primitives, which need no encoder; `undefined` when one is not. */
function primitiveParts(
  roots: readonly Root[],
  numbers: ReadonlyMap<string, number>,
): Map<number, unknown[]> | undefined {
  const parts = new Map<number, unknown[]>()
  for (const { name, value } of roots) {
    const inline = inlinePrimitive(value)
    if (inline === undefined) return undefined
    parts.set(numbers.get(name) as number, [inline])
  }
  return parts
}

/** Roots that are stored already keep their part; new ones get the lowest free number. */
function numberRoots(roots: readonly Root[], previous: Snapshot): Map<string, number> {
  const used = new Set<number>()
  for (const { name } of roots) {
    const part = previous.roots.get(name)
    if (part !== undefined) used.add(part)
  }
  let next = 0
  const numbers = new Map<string, number>()
  for (const { name } of roots) {
    let part = previous.roots.get(name)
    if (part === undefined) {
      while (used.has(next)) next++
      part = next++
    }
    numbers.set(name, part)
  }
  return numbers
}

function compare(
  nodes: ReadonlyMap<number, unknown[]>,
  roots: Map<string, number>,
  previous: Snapshot,
): EncodedSnapshot {
  const parts = new Map<number, Bytes>()
  const written: number[] = []
  let size = 0
  for (const [part, content] of nodes) {
    const text = JSON.stringify(content)
    const stored = previous.parts.get(part)
    const same = stored !== undefined && textOfBytes(stored) === text
    const bytes = new TextBytes(text, same ? stored.length : undefined)
    parts.set(part, bytes)
    if (!same) written.push(part)
    size += bytes.length
  }
  const dropped: number[] = []
  for (const part of previous.parts.keys()) if (!parts.has(part)) dropped.push(part)
  return { snapshot: { parts, roots }, written, dropped, size }
}

/** Several parts as one value: `{"<part>": [...], ...}`; a single part is its array, as it is. */
function joinParts(parts: ReadonlyMap<number, Bytes>): Uint8Array {
  const entries = [...parts].map(([part, bytes]) => `"${part}":${textOfBytes(bytes)}`)
  return toBytes.encode(`{${entries.join(',')}}`)
}

function splitParts(bytes: Uint8Array): Map<number, Uint8Array> {
  if (bytes[0] !== 0x7b) return new Map([[0, bytes]])
  const parsed = JSON.parse(toText.decode(bytes)) as Record<string, unknown>
  return new Map(
    Object.entries(parsed).map(([part, content]) => [Number(part), toBytes.encode(JSON.stringify(content))]),
  )
}
