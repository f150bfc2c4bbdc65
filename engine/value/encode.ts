/**
 * Writes values into parts, breadth first and without recursion, so that depth is no limit. An object is written into the
 * part that reaches it first and referred to from everywhere else.
 */
import type { ErrorClasses, ValueType } from './codec.ts'
import { describeUnstorable, hintFor, pathStep } from './describe.ts'
import { baseErrorClass, classNameOf, hiddenFields } from './error-class.ts'
import { ValueEncodeError } from './errors.ts'
import { type Inline, inlinePrimitive } from './inline.ts'
import { leafNode } from './leaf.ts'
import { CHUNK, CHUNK_SPACE, type Node, viewClasses } from './node.ts'

/** An object on its way to its node, with the way it was reached for error messages. */
interface Pending {
  readonly value: object
  readonly part: number
  readonly node: number
  readonly root: string
  readonly parent: Pending | undefined
  readonly key: string | number | undefined
}

export class Encoder {
  readonly parts = new Map<number, unknown[]>()
  readonly #types: readonly ValueType[]
  readonly #classes: ErrorClasses
  readonly #strict: boolean
  readonly #seen = new Map<object, readonly [part: number, node: number]>()
  readonly #chunks = new Map<number, number>()
  #queue: Pending[] = []

  /** `strict` refuses what hangs on an error instead of describing it. */
  constructor(types: readonly ValueType[], classes: ErrorClasses, strict = false) {
    this.#types = types
    this.#classes = classes
    this.#strict = strict
  }

  encodeRoot(root: string, value: unknown, part: number): void {
    const nodes: unknown[] = [null]
    this.parts.set(part, nodes)
    nodes[0] = this.#inline(value, part, { root, parent: undefined, key: undefined })
    for (let index = 0; index < this.#queue.length; index++) {
      const pending = this.#queue[index] as Pending
      this.#nodes(pending.part)[pending.node] = this.#node(pending)
    }
    this.#queue = []
  }

  /** Whether an object is written already. */
  holds(value: object): boolean {
    return this.#seen.has(value)
  }

  #inline(value: unknown, part: number, from: Pick<Pending, 'root' | 'parent' | 'key'>): Inline {
    const primitive = inlinePrimitive(value)
    if (primitive !== undefined) return primitive
    if (typeof value === 'symbol') throw this.#refuse(value, from)
    const object = value as object
    const known = this.#seen.get(object)
    if (known !== undefined) return known[0] === part ? [known[1]] : known
    const nodes = this.#nodes(part)
    const node = nodes.length
    nodes.push(null)
    this.#seen.set(object, [part, node])
    this.#queue.push({ value: object, part, node, ...from })
    return [node]
  }

  #child(pending: Pending, value: unknown, key: string | number | undefined, part = pending.part): Inline {
    return this.#inline(value, part, { root: pending.root, parent: pending, key })
  }

  #node(pending: Pending): Node {
    const { value } = pending
    for (const type of this.#types) {
      if (type.matches(value)) return ['x', type.tag, this.#child(pending, this.#stored(type, pending), undefined)]
    }
    if (Array.isArray(value)) return this.#array(pending, value)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype) return this.#object(pending, value)
    if (prototype === null) return ['o', this.#object(pending, value)]
    if (value instanceof Error) return this.#error(pending, value)
    if (prototype === Map.prototype) return this.#map(pending, this.#bare(pending, value) as Map<unknown, unknown>)
    if (prototype === Set.prototype) return this.#set(pending, this.#bare(pending, value) as Set<unknown>)
    const leaf = leafNode(value, prototype)
    if (leaf !== undefined) {
      // To look for what was put on a buffer or a view would make a string of the number of each of its bytes.
      if (leaf[0] !== 'buf') this.#bare(pending, value)
      return leaf
    }
    if (ArrayBuffer.isView(value)) return this.#view(pending, value)
    throw this.#refuse(value, pending)
  }

  #stored(type: ValueType, pending: Pending): unknown {
    try {
      return type.encode(pending.value)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : hintFor(pending.value)
      throw new ValueEncodeError(pending.root, pathOf(pending), error.message, hint, { cause: error })
    }
  }

  /** A map, a date and their like have no members of their own. */
  #bare(pending: Pending, value: object): object {
    this.#noSymbols(pending, value)
    const [key] = Object.keys(value)
    if (key === undefined) return value
    const what = `a member that was put on ${describeUnstorable(value)}`
    throw new ValueEncodeError(pending.root, pathOf(pending) + pathStep(key), what, 'Keep it beside, in an object.')
  }

  #noSymbols(pending: Pending, value: object): void {
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol)) throw this.#refuse(symbol, pending)
    }
  }

  #object(pending: Pending, value: object): Record<string, Inline> {
    this.#noSymbols(pending, value)
    return this.#properties(pending, value, Object.keys(value))
  }

  #properties(pending: Pending, value: object, keys: readonly string[]): Record<string, Inline> {
    const node: Record<string, Inline> = {}
    for (const key of keys) {
      const inline = this.#child(pending, this.#read(pending, value, key), key)
      if (key === '__proto__') Object.defineProperty(node, key, { value: inline, enumerable: true })
      else node[key] = inline
    }
    return node
  }

  #read(pending: Pending, value: object, key: string): unknown {
    try {
      return Reflect.get(value, key)
    } catch (cause) {
      const hint = 'A getter is stored as the value it has: take out of the object what is needed after the await.'
      throw new ValueEncodeError(pending.root, pathOf(pending) + pathStep(key), 'a getter that throws', hint, { cause })
    }
  }

  #array(pending: Pending, value: readonly unknown[]): Node {
    if (Object.getPrototypeOf(value) !== Array.prototype) throw this.#refuse(value, pending)
    this.#noSymbols(pending, value)
    const named = namedKeys(value)
    if (named.length > 0) {
      const extra = this.#properties(pending, value, named)
      return ['ax', ['o', JSON.stringify(extra)], ...this.#elements(pending, value, 0, value.length, pending.part)]
    }
    if (value.length <= CHUNK || isSparse(value))
      return ['a', ...this.#elements(pending, value, 0, value.length, pending.part)]
    const chunks: number[] = []
    for (let from = 0; from < value.length; from += CHUNK) {
      const part = this.#openChunk(pending.part)
      const elements = this.#elements(pending, value, from, Math.min(from + CHUNK, value.length), part)
      this.#nodes(part)[0] = ['a', ...elements]
      chunks.push(part)
    }
    return ['A', value.length, chunks]
  }

  #elements(pending: Pending, value: readonly unknown[], from: number, to: number, part: number): Inline[] {
    const elements: Inline[] = []
    for (let index = from; index < to; index++) {
      if (index in value) elements.push(this.#child(pending, value[index], index, part))
      else index = this.#hole(elements, value, index, to)
    }
    return elements
  }

  #hole(elements: Inline[], value: readonly unknown[], from: number, to: number): number {
    let end = from + 1
    if (to - from > CHUNK) {
      const next = Object.keys(value).find((key) => Number(key) > from)
      end = next === undefined ? to : Math.min(Number(next), to)
    } else while (end < to && !(end in value)) end++
    elements.push(['h', end - from])
    return end - 1
  }

  #map(pending: Pending, value: Map<unknown, unknown>): Node {
    const pairs: (readonly [unknown, unknown])[] = [...value]
    const write = (slice: readonly (readonly [unknown, unknown])[], offset: number, part: number): Node => [
      'm',
      ...slice.flatMap(([key, entry], index) => [
        this.#child(pending, key, offset + index, part),
        this.#child(pending, entry, typeof key === 'string' ? key : offset + index, part),
      ]),
    ]
    if (pairs.length <= CHUNK) return write(pairs, 0, pending.part)
    return ['M', this.#split(pending, pairs, write)]
  }

  #set(pending: Pending, value: Set<unknown>): Node {
    const entries = [...value]
    const write = (slice: readonly unknown[], offset: number, part: number): Node => [
      's',
      ...slice.map((entry, index) => this.#child(pending, entry, offset + index, part)),
    ]
    if (entries.length <= CHUNK) return write(entries, 0, pending.part)
    return ['S', this.#split(pending, entries, write)]
  }

  #split<Entry>(
    pending: Pending,
    entries: readonly Entry[],
    write: (slice: readonly Entry[], offset: number, part: number) => Node,
  ): number[] {
    const chunks: number[] = []
    for (let from = 0; from < entries.length; from += CHUNK) {
      const part = this.#openChunk(pending.part)
      this.#nodes(part)[0] = write(entries.slice(from, from + CHUNK), from, part)
      chunks.push(part)
    }
    return chunks
  }

  #openChunk(part: number): number {
    const owner = part < CHUNK_SPACE ? part : Math.floor(part / CHUNK_SPACE) - 1
    const counter = this.#chunks.get(owner) ?? 0
    this.#chunks.set(owner, counter + 1)
    const chunk = (owner + 1) * CHUNK_SPACE + counter
    this.parts.set(chunk, [null])
    return chunk
  }

  /** Errors keep message, stack, cause and own properties. Own properties that cannot be stored are described in words. */
  #error(pending: Pending, error: Error): Node {
    const base = baseErrorClass(error)
    const own = new Set<string>(['stack'])
    if (Object.hasOwn(error, 'message') || error.message !== '') own.add('message')
    if (error.name !== base) own.add('name')
    for (const key of hiddenFields) if (key !== 'name' && Object.hasOwn(error, key)) own.add(key)
    const enumerable = Object.keys(error)
    for (const key of enumerable) own.add(key)
    for (const native of ['line', 'column', 'sourceURL', 'originalLine', 'originalColumn']) own.delete(native)
    const fields: Record<string, Inline> = {}
    for (const key of own) fields[key] = this.#child(pending, this.#errorField(Reflect.get(error, key)), key)
    const name = classNameOf(error, this.#classes)
    const shown = enumerable.filter((key) => hiddenFields.has(key))
    if (shown.length > 0) return ['e', base, fields, name ?? null, shown]
    return name === undefined ? ['e', base, fields] : ['e', base, fields, name]
  }

  #errorField(value: unknown): unknown {
    if (this.#strict || inlinePrimitive(value) !== undefined) return value
    try {
      new Encoder(this.#types, this.#classes, true).encodeRoot('error', value, 0)
      return value
    } catch {
      return `[${describeUnstorable(value)}, not stored]`
    }
  }

  #view(pending: Pending, value: ArrayBufferView): Node {
    const name = Object.entries(viewClasses).find(([, view]) => Object.getPrototypeOf(value) === view.prototype)?.[0]
    if (name === undefined || !(value.buffer instanceof ArrayBuffer)) throw this.#refuse(value, pending)
    const length = value instanceof DataView ? value.byteLength : (value as Uint8Array).length
    return ['v', name, this.#child(pending, value.buffer, 'buffer'), value.byteOffset, length]
  }

  #nodes(part: number): unknown[] {
    return this.parts.get(part) as unknown[]
  }

  #refuse(value: unknown, from: Pick<Pending, 'root' | 'parent' | 'key'>): ValueEncodeError {
    return new ValueEncodeError(from.root, pathOf(from), describeUnstorable(value), hintFor(value))
  }
}

function namedKeys(value: readonly unknown[]): string[] {
  const keys = Object.keys(value)
  const named: string[] = []
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] as string
    if (String(Number(key) >>> 0) === key) break
    named.unshift(key)
  }
  return named
}

/** True when most of a long array are holes: it is then written in runs, not in chunks. */
function isSparse(value: readonly unknown[]): boolean {
  return Object.keys(value).length < value.length / 2
}

function pathOf(from: Pick<Pending, 'parent' | 'key'>): string {
  let path = ''
  for (let at: Pick<Pending, 'parent' | 'key'> | undefined = from; at !== undefined; at = at.parent) {
    if (at.key !== undefined) path = pathStep(at.key) + path
  }
  return path
}
