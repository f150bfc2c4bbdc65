/**
 * The value codec: what a process keeps across a wait, as bytes. A snapshot is a set of numbered parts; each root (a slot
 * of a frame, a published value, a payload) is encoded into a part of its own, and an object that several roots share is
 * written once and pointed to from the other parts, so identity and cycles survive. A part whose bytes did not change is
 * not written again: a loop over a large stored array writes its position, not the array.
 *
 * Plain values, undefined, -0, NaN, BigInt, Date, Temporal, Map, Set, typed arrays, URL, RegExp and Error (with cause)
 * are built in. Everything else needs a registered `ValueType`; an unknown class, a function, a symbol or a promise is a
 * `ValueEncodeError`, never a silent null.
 */
import type { Bytes } from './text-bytes.ts'

export interface ValueCodec {
  /**
   * Encodes `roots` in order (so the first root that reaches a shared object owns it). `previous` is the snapshot that is
   * stored now: the answer names what to write and what to drop. Rejects the first value that cannot be stored with
   * `ValueEncodeError` (root, path inside it, what it is, what to do).
   */
  encode(roots: readonly Root[], previous?: Snapshot): EncodedSnapshot
  /** The inverse: root values by name, identity between them as before. Throws `ValueDecodeError`. */
  decode(snapshot: Snapshot): Map<string, unknown>
  /** One value alone, for payloads, results and parameters. `label` names it in errors. */
  encodeValue(value: unknown, label: string): Uint8Array
  decodeValue(bytes: Uint8Array): unknown
}

export interface Root {
  /** Unique in the snapshot: `<frame>.<slot>`. */
  readonly name: string
  readonly value: unknown
  /** An object that is stored only when some other root holds it, and is left out otherwise. */
  readonly weak?: true
}

/** What is stored of a process's values: part number to bytes, and which roots live in which part. */
export interface Snapshot {
  readonly parts: ReadonlyMap<number, Bytes>
  readonly roots: ReadonlyMap<string, number>
}

export interface EncodedSnapshot {
  readonly snapshot: Snapshot
  /** Parts that are new or changed against `previous`. */
  readonly written: readonly number[]
  /** Parts of `previous` that are no longer there. */
  readonly dropped: readonly number[]
  /** Bytes of all parts together. */
  readonly size: number
}

/** Classes of errors by names that outlive a build. A stored error is of its class again when it is read. */
export interface ErrorClasses {
  /** The name of the class with this prototype, if it has one. */
  nameOf(prototype: object): string | undefined
  /** The prototype of today's class of this name. */
  prototypeOf(name: string): object | undefined
}

/** How one class is stored. Registered per engine, never globally. */
export interface ValueType<Value = unknown> {
  /** Stored beside every value: never change it. Names starting with `js:` are the engine's own. */
  readonly tag: string
  /** Whether this type stores `value`. Asked in registration order, before the built-in types. */
  matches(value: unknown): value is Value
  /** What to store: any storable value. May throw `ValueEncodeError`-worthy messages as plain `Error`s; the codec adds the place. */
  encode(value: Value): unknown
  decode(stored: unknown): Value
}
