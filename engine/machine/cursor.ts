/**
 * Where a loop with awaits stands: what it goes over, and how far it is. Arrays, typed arrays, strings, maps and sets are gone
 * over live, as the language does it, and are stored as what they are with a number beside; other iterables cannot be
 * stored in the middle and are read when the loop begins (`readAhead`).
 */
import type { LoopCursor } from '../program/environment.ts'
import { viewClasses } from '../value/node.ts'
import { IterationLimitError } from './errors.ts'
import { MAX_READ_AHEAD, type ReadAhead } from './read-ahead.ts'

/** What a cursor goes over, what it gives of it, and how far it is. */
export type CursorPlace = readonly [kind: CursorKind, gives: Gives, at: number]

/** How a place is stored beside the source: `array values 3`, each by its first letter: `av3`. */
export function writePlace([kind, gives, at]: CursorPlace): string {
  return `${kind[0]}${gives[0]}${at}`
}

export function readPlace(text: string): CursorPlace {
  const kind = KINDS.find((each) => each[0] === text[0]) ?? 'array'
  const gives = GIVES.find((each) => each[0] === text[1]) ?? 'values'
  return [kind, gives, Number(text.slice(2))]
}

const KINDS = ['array', 'text', 'map', 'set', 'items', 'keys'] as const
const GIVES = ['values', 'keys', 'entries'] as const

export type CursorKind = (typeof KINDS)[number]
export type Gives = (typeof GIVES)[number]

export interface Cursor extends LoopCursor {
  /** What is stored of it besides its place: the array, map or set itself, or what was read. */
  readonly source: unknown
  /** The object of a `for in`: kept for as long as something else keeps it. */
  readonly weak?: object | undefined
  place(): CursorPlace
}

export function isCursor(value: unknown): value is Cursor {
  return value instanceof Positions || value instanceof Entries || value instanceof Items || value instanceof Keys
}

/** What can be gone over live, the way `gives` says or as it is by itself; a changed iterator is not, nor a class of its own. */
export function liveKind(source: unknown, gives?: Gives): CursorKind | undefined {
  if (typeof source === 'string') return gives === undefined ? 'text' : undefined
  if (typeof source !== 'object' || source === null) return undefined
  const found = LIVE.get(Object.getPrototypeOf(source))
  const method = gives ?? Symbol.iterator
  const own = found?.methods.get(method)
  return own !== undefined && Reflect.get(source, method) === own ? found?.kind : undefined
}

interface Live {
  readonly kind: CursorKind
  /** As the language has them. */
  readonly methods: ReadonlyMap<string | symbol, unknown>
}

/** By prototype. */
const LIVE = new Map<unknown, Live>(
  [Map, Set, Array, Buffer, ...Object.values(viewClasses)].map(({ prototype }) => {
    const kind = prototype === Map.prototype ? 'map' : prototype === Set.prototype ? 'set' : 'array'
    const names = ['keys', 'values', 'entries', Symbol.iterator]
    return [prototype, { kind, methods: new Map(names.map((name) => [name, Reflect.get(prototype, name)])) }]
  }),
)

/** A cursor at its place: a new one at the beginning, a stored one where it was, with the item of that turn. */
export function cursorAt([kind, gives, at]: CursorPlace, source: unknown, weak?: object): Cursor {
  if (kind === 'map' || kind === 'set') return new Entries(kind, source as Map<unknown, unknown>, gives, at)
  if (kind === 'items') return new Items(source as ReadAhead, at)
  if (kind === 'keys') return new Keys(source as readonly string[], at, weak)
  return new Positions(kind, source as readonly unknown[] | string, gives, at)
}

/** Arrays and strings, by index. */
class Positions implements Cursor {
  readonly source: readonly unknown[] | string
  item: unknown
  private readonly kind: CursorKind
  private readonly gives: Gives
  private at: number

  constructor(kind: CursorKind, source: readonly unknown[] | string, gives: Gives, at: number) {
    this.kind = kind
    this.source = source
    this.gives = gives
    this.at = at
    if (at > 0) this.item = this.itemAt(typeof source === 'string' ? startBefore(source, at) : at - 1)
  }

  advance(): boolean {
    const { source, at } = this
    if (at >= source.length) return false
    this.item = this.itemAt(at)
    this.at = typeof source === 'string' ? at + (this.item as string).length : at + 1
    return true
  }

  private itemAt(at: number): unknown {
    const { source, gives } = this
    if (typeof source === 'string') return String.fromCodePoint(source.codePointAt(at) as number)
    return gives === 'values' ? source[at] : gives === 'keys' ? at : [at, source[at]]
  }

  place(): CursorPlace {
    return [this.kind, this.gives, this.at]
  }
}

/** Where the character that ends at `at` begins. */
function startBefore(text: string, at: number): number {
  return at > 1 && (text.codePointAt(at - 2) as number) > 0xffff ? at - 2 : at - 1
}

/** Maps and sets, by the language's own iterator: what is added meanwhile is visited, what is deleted is not. */
class Entries implements Cursor {
  readonly source: Map<unknown, unknown> | Set<unknown>
  item: unknown
  private readonly kind: CursorKind
  private readonly gives: Gives
  private iterator: Iterator<[unknown, unknown]>

  constructor(kind: CursorKind, source: Map<unknown, unknown> | Set<unknown>, gives: Gives, at: number) {
    this.kind = kind
    this.source = source
    this.gives = gives
    this.iterator = this.from(at - 1)
    if (at > 0) this.advance()
  }

  advance(): boolean {
    const { done, value } = this.iterator.next()
    if (done === true) return false
    this.item = this.gives === 'entries' ? value : value[this.gives === 'keys' ? 0 : 1]
    return true
  }

  /** Only what comes next tells where the iterator is: it is taken from it, looked up, and a new one set before it. */
  place(): CursorPlace {
    const { done, value } = this.iterator.next()
    let at = this.source.size
    if (done !== true) {
      at = 0
      for (const key of this.source.keys()) {
        if (Object.is(key, value[0])) break
        at++
      }
    }
    this.iterator = this.from(at)
    return [this.kind, this.gives, at]
  }

  private from(at: number): Iterator<[unknown, unknown]> {
    const iterator = this.source.entries() as Iterator<[unknown, unknown]>
    for (let index = 0; index < at; index++) iterator.next()
    return iterator
  }
}

/** What was read ahead; at its end comes what ended the reading. */
class Items implements Cursor {
  readonly source: ReadAhead
  item: unknown
  private at: number

  constructor(source: ReadAhead, at: number) {
    this.source = source
    this.at = at
    if (at > 0) this.item = source.items[at - 1]
  }

  advance(): boolean {
    const { items, failed, limited } = this.source
    if (this.at < items.length) {
      this.item = items[this.at++]
      return true
    }
    if (failed) throw failed.error
    if (limited) throw new IterationLimitError(MAX_READ_AHEAD)
    return false
  }

  place(): CursorPlace {
    return ['items', 'values', this.at]
  }
}

/** The keys of a `for in`; those that are gone by their turn are left out, as long as the object is there to be asked. */
class Keys implements Cursor {
  readonly source: readonly string[]
  readonly weak: object | undefined
  item: unknown
  private at: number

  constructor(source: readonly string[], at: number, weak: object | undefined) {
    this.source = source
    this.at = at
    this.weak = weak
    if (at > 0) this.item = source[at - 1]
  }

  advance(): boolean {
    while (this.at < this.source.length) {
      this.item = this.source[this.at++]
      if (!this.weak || (this.item as string) in this.weak) return true
    }
    return false
  }

  place(): CursorPlace {
    return ['keys', 'values', this.at]
  }
}
