/**
 * Checks a value against a field's type and gives it in the field's own form: rounded decimals, `Temporal` values, references.
 * Every write goes through here: constructors, assignments, patches, conditions.
 */
import { currentApp } from '../app/context.ts'
import { Reference, References } from '../reference/reference.ts'
import { decimalText, isDecimal } from './decimal.ts'
import type { FieldFailure } from './errors.ts'
import type { FieldDefinition, FieldType } from './field-definition.ts'
import { referenceFrom } from './reference-from.ts'
import { isoDateText, isoInstantText } from './temporal-input.ts'

export type Checked =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failures: readonly FieldFailure[] }

/** The value of one field, absent values included: the default, `undefined` where optional, else a failure. */
export function definedValue(definition: FieldDefinition, value: unknown, path: string): Checked {
  const checked = anyValue(definition, value, path)
  if (checked.ok || !definition.secret) return checked
  return {
    ok: false,
    failures: checked.failures.map((failure) => ({ ...failure, message: withoutValue(failure.message) })),
  }
}

/** What a failure says without the value that it got: for secret fields. */
export function withoutValue(message: string): string {
  const end = message.indexOf(', got ')
  return end < 0 ? message : `${message.slice(0, end)}, got [secret]`
}

function anyValue(definition: FieldDefinition, value: unknown, path: string): Checked {
  if (value === undefined || value === null) {
    const byDefault = definition.default
    if (byDefault !== undefined && value === undefined) {
      return fieldValue(definition.type, byDefault.kind === 'value' ? byDefault.value : byDefault.make(), path)
    }
    return definition.optional ? { ok: true, value: undefined } : failed(path, 'is required')
  }
  return fieldValue(definition.type, value, path)
}

/** A present value in the field's own form, or all that is wrong with it. */
export function fieldValue(type: FieldType, value: unknown, path = ''): Checked {
  switch (type.kind) {
    case 'string':
      return stringValue(type, value, path)
    case 'text':
      return stringValue({ kind: 'string' }, value, path)
    case 'int':
      return wholeNumber(value, -2147483648, 2147483647, path)
    case 'smallint':
      return wholeNumber(value, -32768, 32767, path)
    case 'bigint':
      return bigintValue(value, path)
    case 'decimal':
      return decimalValue(type, value, path)
    case 'float':
      return typeof value === 'number' ? stored(Math.fround(value) + 0) : failed(path, mustBe('a number', value))
    case 'double':
      return typeof value === 'number' ? stored(value + 0) : failed(path, mustBe('a number', value))
    case 'boolean':
      return typeof value === 'boolean' ? stored(value) : failed(path, mustBe('true or false', value))
    case 'uuid':
      return uuidValue(value, path)
    case 'timestamp':
      return notTooEarly(
        temporal(() => instantValue(value), 'a point in time', value, path),
        path,
      )
    case 'date':
      return notTooEarly(
        temporal(() => dateValue(value), 'a date', value, path),
        path,
      )
    case 'time':
      return temporal(() => timeValue(value), 'a time of day', value, path)
    case 'duration':
      return temporal(() => Temporal.Duration.from(textOrTemporal(value)), 'a duration', value, path)
    case 'json':
      return jsonValue(type, value, path)
    case 'bytes':
      return value instanceof Uint8Array ? stored(new Uint8Array(value)) : failed(path, mustBe('a Uint8Array', value))
    case 'array':
      return arrayValue(type.element, value, path)
    case 'enum':
      return enumValue(type.values, value, path)
    case 'object':
      return objectValue(type.fields, value, path)
    case 'ref':
      return refValue(type, value, path)
    case 'refs':
      return refsValue(type, value, path)
  }
}

function stringValue(type: FieldType & { kind: 'string' }, value: unknown, path: string): Checked {
  if (typeof value !== 'string') return failed(path, mustBe('text', value))
  // Counting characters is only worth it where the number of code units says too little.
  const counts = type.fixed !== undefined || type.min !== undefined || value.length > (type.max ?? Infinity)
  const length = counts ? [...value].length : value.length
  const failures: string[] = []
  if (value.includes('\0')) failures.push('must not contain a NUL character')
  if (!value.isWellFormed()) failures.push('must not contain half of a surrogate pair')
  if (type.fixed !== undefined && length !== type.fixed)
    failures.push(`must have exactly ${type.fixed} characters, has ${length}`)
  else if (type.max !== undefined && length > type.max)
    failures.push(`must have at most ${type.max} characters, has ${length}`)
  if (type.min !== undefined && length < type.min)
    failures.push(`must have at least ${type.min} characters, has ${length}`)
  if (type.pattern !== undefined && !type.pattern.test(value)) failures.push(`must match ${type.pattern.source}`)
  return failures.length === 0 ? stored(value) : { ok: false, failures: failures.map((message) => ({ path, message })) }
}

function wholeNumber(value: unknown, low: number, high: number, path: string): Checked {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high)
    return stored(value === 0 ? 0 : value)
  return failed(path, mustBe(`a whole number from ${low} to ${high}`, value))
}

function bigintValue(value: unknown, path: string): Checked {
  const fits = typeof value === 'bigint' && BigInt.asIntN(64, value) === value
  return fits ? stored(value) : failed(path, mustBe('a bigint of 64 bits', value))
}

function decimalValue(type: FieldType & { kind: 'decimal' }, value: unknown, path: string): Checked {
  if (typeof value !== 'number' && typeof value !== 'string') return failed(path, mustBe('a decimal number', value))
  if (type.as === 'number' && typeof value === 'number' && isDecimal(value, type.precision, type.scale)) {
    return stored(value)
  }
  const rounded = decimalText(value, type.precision, type.scale)
  if ('failure' in rounded) return failed(path, rounded.failure)
  return stored(type.as === 'number' ? Number(rounded.text) : rounded.text)
}

function uuidValue(value: unknown, path: string): Checked {
  const valid = typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
  return valid ? stored(value.toLowerCase()) : failed(path, mustBe('a UUID', value))
}

function temporal(read: () => unknown, what: string, value: unknown, path: string): Checked {
  try {
    return stored(read())
  } catch {
    return failed(path, mustBe(what, value))
  }
}

/** 4713 BC: where the calendars of databases begin. */
const FIRST_YEAR = -4712
const FIRST_INSTANT = Temporal.Instant.from('-004712-01-01T00:00:00Z').epochMilliseconds

function notTooEarly(checked: Checked, path: string): Checked {
  if (!checked.ok) return checked
  const { value } = checked
  const early =
    value instanceof Temporal.Instant
      ? value.epochMilliseconds < FIRST_INSTANT
      : (value as Temporal.PlainDate).year < FIRST_YEAR
  return early ? failed(path, 'must not be before 4713 BC') : checked
}

function instantValue(value: unknown): Temporal.Instant {
  const instant = value instanceof Temporal.Instant ? value : Temporal.Instant.from(isoInstantText(value))
  return instant.round('microsecond')
}

function dateValue(value: unknown): Temporal.PlainDate {
  const iso = value instanceof Temporal.PlainDate && value.calendarId === 'iso8601'
  return iso ? value : Temporal.PlainDate.from(isoDateText(value))
}

/** Rounding would make the last moment of a day the first of the same. */
const LAST_MICROSECOND = Temporal.PlainTime.from('23:59:59.999999')

function timeValue(value: unknown): Temporal.PlainTime {
  const time = Temporal.PlainTime.from(textOrTemporal(value))
  return Temporal.PlainTime.compare(time, LAST_MICROSECOND) > 0 ? LAST_MICROSECOND : time.round('microsecond')
}

function textOrTemporal(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Temporal.PlainTime || value instanceof Temporal.Duration) return value.toString()
  throw new TypeError('neither text nor a Temporal value')
}

/** In JSON text: NUL and lone surrogates are the escapes that no database keeps. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i

function jsonValue(type: FieldType & { kind: 'json' }, value: unknown, path: string): Checked {
  const result = type.schema?.check(value) ?? { value }
  if ('failures' in result) return { ok: false, failures: result.failures.map((message) => ({ path, message })) }
  try {
    const text = JSON.stringify(result.value)
    if (text !== undefined && UNSTORABLE.test(text))
      return failed(path, 'must not contain a NUL character or half of a surrogate pair')
    return text === undefined ? failed(path, mustBe('a JSON value', value)) : stored(JSON.parse(text))
  } catch {
    return failed(path, mustBe('a JSON value', value))
  }
}

function arrayValue(element: FieldType, value: unknown, path: string): Checked {
  if (!Array.isArray(value)) return failed(path, mustBe('a list', value))
  return gather(
    // Not `map`, which leaves out holes.
    Array.from(value, (item, index) => [String(index), fieldValue(element, item, join(path, String(index)))]),
    (items) => items.map(([, v]) => v),
  )
}

function enumValue(values: readonly string[], value: unknown, path: string): Checked {
  if (typeof value === 'string' && values.includes(value)) return stored(value)
  return failed(path, mustBe(`one of ${values.map((allowed) => `"${allowed}"`).join(', ')}`, value))
}

function objectValue(fields: Readonly<Record<string, FieldDefinition>>, value: unknown, path: string): Checked {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return failed(path, mustBe('an object', value))
  const given = value as Record<string, unknown>
  const unknownNames = Object.keys(given).filter((name) => !Object.hasOwn(fields, name))
  const checked = Object.entries(fields).map(([name, definition]): [string, Checked] => [
    name,
    definedValue(definition, given[name], join(path, name)),
  ])
  const extra = unknownNames.map((name): [string, Checked] => [name, failed(join(path, name), 'is not a field')])
  return gather([...checked, ...extra], Object.fromEntries)
}

function refValue(type: FieldType & { kind: 'ref' }, value: unknown, path: string): Checked {
  const reference = referenceFrom(type.target(), value)
  if (typeof reference === 'string') return failed(path, reference)
  const app = currentApp()
  if (app !== undefined) reference.checkApp(app)
  return stored(reference)
}

function refsValue(type: FieldType & { kind: 'refs' }, value: unknown, path: string): Checked {
  const items = value instanceof References ? value.items : value
  if (!Array.isArray(items)) return failed(path, mustBe('a list of references', value))
  const checked = Array.from(items, (item, index): [string, Checked] => [
    String(index),
    refValue({ kind: 'ref', target: type.target }, item, join(path, String(index))),
  ])
  return gather(checked, (entries) => new References(entries.map(([, reference]) => reference as Reference<unknown>)))
}

function gather(parts: readonly [string, Checked][], build: (entries: [string, unknown][]) => unknown): Checked {
  const failures = parts.flatMap(([, checked]) => (checked.ok ? [] : checked.failures))
  if (failures.length > 0) return { ok: false, failures }
  return stored(build(parts.map(([name, checked]) => [name, checked.ok ? checked.value : undefined])))
}

function stored(value: unknown): Checked {
  return { ok: true, value }
}

function failed(path: string, message: string): Checked {
  return { ok: false, failures: [{ path, message }] }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function mustBe(what: string, value: unknown): string {
  return `must be ${what}, got ${shown(value)}`
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
