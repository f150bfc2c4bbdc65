/**
 * Reads parts back. Empty shells of all objects are made first and filled afterwards, so cycles need nothing special.
 * Values of registered types are made when all that their stored form reaches is filled.
 */
import type { ErrorClasses, ValueType } from './codec.ts'
import { emptyError, hiddenFields } from './error-class.ts'
import { ValueDecodeError } from './errors.ts'
import { readMarked } from './inline.ts'
import { temporalKinds, viewClasses } from './node.ts'
import { type Bytes, textOfBytes } from './text-bytes.ts'

interface Slot {
  readonly part: number
  readonly node: unknown
  value: unknown
  state: 'stored' | 'decoding' | 'ready'
  filled: boolean
}

export class Decoder {
  readonly #types: ReadonlyMap<string, ValueType>
  readonly #classes: ErrorClasses
  readonly #parts = new Map<number, Slot[]>()
  readonly #raw = new Map<number, readonly unknown[]>()

  constructor(types: ReadonlyMap<string, ValueType>, parts: ReadonlyMap<number, Bytes>, classes: ErrorClasses) {
    this.#types = types
    this.#classes = classes
    for (const [part, bytes] of parts) this.#parse(part, bytes)
    for (const slots of this.#parts.values()) {
      // A view has made its buffer, which stands behind it, already.
      for (const slot of slots) if (slot.state === 'stored' && !isTyped(slot.node)) this.#shell(slot)
    }
    for (const slots of this.#parts.values()) for (const slot of slots) this.#fill(slot)
  }

  root(part: number): unknown {
    const raw = this.#raw.get(part)
    if (raw === undefined) throw new ValueDecodeError(`Part ${part} is missing from the stored values`)
    return this.#read(raw[0], part)
  }

  #parse(part: number, bytes: Bytes): void {
    try {
      const raw = JSON.parse(textOfBytes(bytes)) as readonly unknown[]
      this.#raw.set(part, raw)
      const slots = raw.slice(1).map((node): Slot => ({ part, node, value: undefined, state: 'stored', filled: false }))
      this.#parts.set(part, slots)
    } catch (cause) {
      throw new ValueDecodeError(`Part ${part} of the stored values is damaged`, { cause })
    }
  }

  #shell(slot: Slot): void {
    slot.state = 'ready'
    const { node } = slot
    if (!Array.isArray(node)) slot.value = {}
    else slot.value = this.#shellOf(node as [string, ...unknown[]], slot.part)
  }

  #shellOf(node: readonly [string, ...unknown[]], part: number): unknown {
    switch (node[0]) {
      case 'a':
      case 'ax':
      case 'A':
        return []
      case 'm':
      case 'M':
        return new Map()
      case 's':
      case 'S':
        return new Set()
      case 'o':
        return Object.create(null)
      case 'd':
        return new Date(node[1] === null ? Number.NaN : Number(node[1]))
      case 't':
        return readTemporal(String(node[1]), String(node[2]))
      case 'r': {
        const pattern = new RegExp(String(node[1]), String(node[2]))
        pattern.lastIndex = Number(node[3])
        return pattern
      }
      case 'url':
        return new URL(String(node[1]))
      case 'usp':
        return new URLSearchParams(String(node[1]))
      case 'buf':
        return Buffer.from(String(node[1]), 'base64')
      case 'ab':
        return Uint8Array.fromBase64(String(node[1])).buffer
      case 'v':
        return this.#view(node, part)
      case 'e':
        return emptyError(String(node[1]), node[3], this.#classes)
      default:
        throw new ValueDecodeError(
          `Stored values hold the unknown kind '${node[0]}': they were written by a newer version`,
        )
    }
  }

  #view(node: readonly unknown[], part: number): unknown {
    const slot = this.#slot(node[2] as readonly number[], part)
    if (slot.state === 'stored') this.#shell(slot)
    const view = viewClasses[String(node[1]) as 'Uint8Array']
    if (view === undefined) throw new ValueDecodeError(`Stored values hold the unknown array '${String(node[1])}'`)
    return new view(slot.value as ArrayBuffer, Number(node[3]), Number(node[4]))
  }

  #fill(slot: Slot): void {
    if (slot.filled) return
    if (isTyped(slot.node)) {
      this.#typed(slot)
      return
    }
    slot.filled = true
    const { node, part, value } = slot
    if (!Array.isArray(node)) {
      this.#fillObject(value as object, node as object, part)
      return
    }
    const kind = node[0] as string
    if (kind === 'a') this.#fillArray(value as unknown[], node, 1, part)
    else if (kind === 'ax') {
      this.#fillArray(value as unknown[], node, 2, part)
      this.#fillObject(value as object, JSON.parse(String((node[1] as readonly unknown[])[1])) as object, part)
    } else if (kind === 'A') {
      for (const chunk of node[2] as readonly number[])
        this.#fillArray(value as unknown[], this.#chunk(chunk), 1, chunk)
    } else if (kind === 'm') this.#fillMap(value as Map<unknown, unknown>, node, part)
    else if (kind === 'M') {
      for (const chunk of node[1] as readonly number[])
        this.#fillMap(value as Map<unknown, unknown>, this.#chunk(chunk), chunk)
    } else if (kind === 's') this.#fillSet(value as Set<unknown>, node, part)
    else if (kind === 'S') {
      for (const chunk of node[1] as readonly number[]) this.#fillSet(value as Set<unknown>, this.#chunk(chunk), chunk)
    } else if (kind === 'o') this.#fillObject(value as object, node[1] as object, part)
    else if (kind === 'e') this.#fillError(value as Error, node, part)
  }

  #fillObject(target: object, node: object, part: number): void {
    for (const [key, inline] of Object.entries(node)) {
      const value = this.#read(inline, part)
      if (key === '__proto__') define(target, key, value, true)
      else Reflect.set(target, key, value)
    }
  }

  #fillArray(target: unknown[], node: readonly unknown[], from: number, part: number): void {
    for (let index = from; index < node.length; index++) {
      const inline = node[index]
      if (Array.isArray(inline) && inline[0] === 'h') target.length += Number(inline[1])
      else target.push(this.#read(inline, part))
    }
  }

  #fillMap(target: Map<unknown, unknown>, node: readonly unknown[], part: number): void {
    for (let index = 1; index < node.length; index += 2) {
      target.set(this.#read(node[index], part), this.#read(node[index + 1], part))
    }
  }

  #fillSet(target: Set<unknown>, node: readonly unknown[], part: number): void {
    for (let index = 1; index < node.length; index++) target.add(this.#read(node[index], part))
  }

  #fillError(target: Error, node: readonly unknown[], part: number): void {
    const shown = (node[4] ?? []) as readonly string[]
    for (const [key, inline] of Object.entries(node[2] as Record<string, unknown>)) {
      const value = this.#read(inline, part)
      // A name that the class gives is not a property of the error.
      if (key !== 'name' || target.name !== value || shown.includes(key))
        define(target, key, value, !hiddenFields.has(key) || shown.includes(key))
    }
  }

  /** Makes a value of a registered type, after filling all that its stored form reaches. */
  #typed(slot: Slot): void {
    if (slot.state === 'ready') return
    if (slot.state === 'decoding')
      throw new ValueDecodeError('A value of a registered type reaches itself through its stored form')
    slot.state = 'decoding'
    const [, tag, inline] = slot.node as readonly [string, string, unknown]
    const type = this.#types.get(tag)
    if (type === undefined) {
      throw new ValueDecodeError(`Stored values hold a '${tag}', and no such value type is registered`, {
        hint: `Register the value type '${tag}' where the engine is created.`,
      })
    }
    this.#fillReachable(inline, slot.part)
    slot.value = type.decode(this.#read(inline, slot.part))
    slot.state = 'ready'
    slot.filled = true
  }

  #fillReachable(inline: unknown, part: number): void {
    const visited = new Set<Slot>()
    const open: Slot[] = []
    const visit = (reference: unknown, from: number) => {
      const slot = this.#reference(reference, from)
      if (slot === undefined || visited.has(slot) || isTyped(slot.node)) return
      visited.add(slot)
      open.push(slot)
    }
    visit(inline, part)
    for (let slot = open.pop(); slot !== undefined; slot = open.pop()) {
      this.#fill(slot)
      for (const [reference, from] of this.#references(slot)) visit(reference, from)
    }
  }

  *#references(slot: Slot): Generator<readonly [unknown, number]> {
    const { node, part } = slot
    if (!Array.isArray(node)) {
      for (const inline of Object.values(node as object)) yield [inline, part]
      return
    }
    const kind = node[0] as string
    const nested = kind === 'o' ? node[1] : kind === 'e' ? node[2] : undefined
    if (nested !== undefined) for (const inline of Object.values(nested as object)) yield [inline, part]
    else if (kind === 'ax')
      for (const inline of Object.values(JSON.parse(String((node[1] as readonly unknown[])[1])) as object))
        yield [inline, part]
    const chunks = kind === 'A' ? node[2] : kind === 'M' || kind === 'S' ? node[1] : undefined
    if (chunks === undefined) for (const inline of node.slice(1)) yield [inline, part]
    else
      for (const chunk of chunks as readonly number[])
        for (const inline of this.#chunk(chunk).slice(1)) yield [inline, chunk]
  }

  #read(inline: unknown, part: number): unknown {
    if (!Array.isArray(inline)) return inline
    if (typeof inline[0] === 'string') return readMarked(inline[0], inline[1])
    const slot = this.#slot(inline, part)
    if (slot.state !== 'ready') this.#typed(slot)
    return slot.value
  }

  #reference(inline: unknown, part: number): Slot | undefined {
    return Array.isArray(inline) && typeof inline[0] === 'number' ? this.#slot(inline, part) : undefined
  }

  #slot(reference: readonly number[], part: number): Slot {
    const [owner, node] = reference.length === 1 ? [part, reference[0]] : reference
    const slot = this.#parts.get(owner as number)?.[(node as number) - 1]
    if (slot === undefined)
      throw new ValueDecodeError(`Node ${node} of part ${owner} is missing from the stored values`)
    return slot
  }

  #chunk(part: number): readonly unknown[] {
    const raw = this.#raw.get(part)
    if (raw === undefined) throw new ValueDecodeError(`Part ${part} is missing from the stored values`)
    return raw[0] as readonly unknown[]
  }
}

function isTyped(node: unknown): boolean {
  return Array.isArray(node) && node[0] === 'x'
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, configurable: true, writable: true })
}

function readTemporal(kind: string, text: string): unknown {
  const known = temporalKinds.find((name) => name === kind)
  if (known === undefined) throw new ValueDecodeError(`Stored values hold the unknown Temporal kind '${kind}'`)
  const type: { from(text: string): unknown } = Temporal[known]
  return type.from(text)
}
