/** The codec: parts per root, compared with what is stored, so that unchanged parts are not written again. */
import type { EncodedSnapshot, ErrorClasses, Root, Snapshot, ValueCodec, ValueType } from './codec.ts'
import { Decoder } from './decode.ts'
import { Encoder } from './encode.ts'
import { packageErrors } from './error-class.ts'
import { inlinePrimitive } from './inline.ts'
import { type Bytes, plainBytes, TextBytes, textOfBytes } from './text-bytes.ts'
import { checkAcyclicTypes } from './typed-cycle.ts'

/** A codec that also stores `types`, whose tags are unique, and finds the classes of errors in `classes`. */
export function createValueCodec(types: readonly ValueType[] = [], classes: ErrorClasses = packageErrors): ValueCodec {
  const byTag = new Map<string, ValueType>()
  for (const type of types) {
    if (byTag.has(type.tag)) throw new TypeError(`Two value types have the tag '${type.tag}'`)
    byTag.set(type.tag, type)
  }

  function encode(roots: readonly Root[], previous: Snapshot = empty): EncodedSnapshot {
    if (areAllPlain(roots)) return comparePlain(roots, previous)
    const numbers = numberRoots(roots, previous)
    const encoder = new Encoder(types, classes)
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
    const decoder = new Decoder(byTag, snapshot.parts, classes)
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
    decodeValue: (bytes) => new Decoder(byTag, splitParts(bytes), classes).root(0),
  }
}

const empty: Snapshot = { parts: new Map(), roots: new Map() }
const toBytes = new TextEncoder()
const toText = new TextDecoder()

/** Whether no root needs an encoder. */
function areAllPlain(roots: readonly Root[]): boolean {
  for (const { value } of roots) if (typeof value === 'symbol' || (value !== null && isObject(value))) return false
  return true
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' || typeof value === 'function'
}

function comparePlain(roots: readonly Root[], previous: Snapshot): EncodedSnapshot {
  const same = roots.length === previous.roots.size && roots.every(({ name }) => previous.roots.has(name))
  const numbers = same ? previous.roots : numberRoots(roots, previous)
  const difference = new Difference(previous)
  for (const { name, value } of roots) {
    difference.add(numbers.get(name) as number, JSON.stringify([inlinePrimitive(value)]))
  }
  return difference.end(numbers)
}

/** Roots that are stored already keep their part; new ones get the lowest free number. */
function numberRoots(roots: readonly Root[], previous: Snapshot): Map<string, number> {
  const taken = new Set<number>()
  for (const { name } of roots) {
    const part = previous.roots.get(name)
    if (part !== undefined) taken.add(part)
  }
  let next = 0
  const numbers = new Map<string, number>()
  for (const { name } of roots) {
    let part = previous.roots.get(name)
    if (part === undefined) {
      while (taken.has(next)) next++
      part = next++
    }
    numbers.set(name, part)
  }
  return numbers
}

function compare(
  nodes: ReadonlyMap<number, unknown[]>,
  numbers: ReadonlyMap<string, number>,
  previous: Snapshot,
): EncodedSnapshot {
  const difference = new Difference(previous)
  for (const [part, content] of nodes) difference.add(part, JSON.stringify(content))
  return difference.end(numbers)
}

/** What is new against the parts that are stored. */
class Difference {
  readonly #previous: Snapshot
  readonly #parts = new Map<number, Bytes>()
  readonly #written: number[] = []
  #size = 0

  constructor(previous: Snapshot) {
    this.#previous = previous
  }

  add(part: number, text: string): void {
    const stored = this.#previous.parts.get(part)
    const same = stored !== undefined && textOfBytes(stored) === text
    const bytes = same && stored instanceof TextBytes ? stored : new TextBytes(text)
    this.#parts.set(part, bytes)
    if (!same) this.#written.push(part)
    this.#size += bytes.length
  }

  end(roots: ReadonlyMap<string, number>): EncodedSnapshot {
    const dropped: number[] = []
    for (const part of this.#previous.parts.keys()) if (!this.#parts.has(part)) dropped.push(part)
    return { snapshot: { parts: this.#parts, roots }, written: this.#written, dropped, size: this.#size }
  }
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
