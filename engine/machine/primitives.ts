/** `$e`: the primitives as the regions of a program call them. */
import type { Environment, Primitives } from '../program/environment.ts'
import {
  waitOf,
  waitSpec,
  type DelayUnit,
  type SignalDefinition,
  type Waitable,
  type WaitSpec,
} from '../program/wait.ts'
import { ProcessCancelled } from '../errors.ts'
import { cursorAt, liveKind, type Cursor, type Gives } from './cursor.ts'
import { isCancellation, IterationLimitError, PrimitiveMisuseError } from './errors.ts'
import { MAX_READ_AHEAD, readAhead, readAheadAsync, type ReadAhead } from './read-ahead.ts'
import { currentRun } from './run-context.ts'

const made = new WeakMap<Environment['host'], Primitives>()

export function primitives(env: Environment): Primitives {
  const known = made.get(env.host)
  if (known) return known
  const built = build(env.host)
  made.set(env.host, built)
  return built
}

function build(host: Environment['host']): Primitives {
  return {
    race: () => ({}),
    signal: Object.assign((...args: readonly unknown[]) => signal(args), {
      all: (waits: unknown) => composite('all', waits),
      settled: (waits: unknown) => composite('settled', waits),
    }),
    delay,
    listen: (definition, match = {}) => ({ signal: asSignal(definition), match }),
    drain,
    ProcessCancelled,
    currentStep: () => host.currentStep(),
    transaction: (...args) => host.transaction(...args),
    process: { publish },
    loop,
    loopKeys,
    loopRead: (read) => cursorAt(['items', 'values', 0], read),
    gather: readAheadAsync,
    advance: (cursor) => cursor.advance(),
    item: (cursor) => cursor.item,
    list: (value) => (Array.isArray(value) ? value : [...(value as Iterable<unknown>)]),
    iterate,
    collect,
    keys,
    retry(options, attempt, error) {
      if (isCancellation(error)) throw error
      const amount = host.retryDelay(options, attempt, error)
      if (amount === undefined) throw error
      return waitable({ kind: 'delay', amount, unit: 'milliseconds' })
    },
  }
}

function waitable(spec: WaitSpec): Waitable {
  return { [waitOf]: spec }
}

function signal([target, match]: readonly unknown[]): Waitable {
  const existing = waitSpec(target)
  if (existing && !isSignal(target)) return waitable(existing)
  const listener = (target as { listener?: unknown } | null)?.listener
  if (typeof listener === 'number') return waitable({ kind: 'listener', id: listener })
  const definition = asSignal(target)
  return waitable({
    kind: 'signal',
    signal: definition,
    ...(match === undefined ? {} : { match: match as Record<string, unknown> }),
  })
}

function composite(kind: 'all' | 'settled', waits: unknown): Waitable {
  const list = Array.isArray(waits) ? waits : Object.values(waits as object)
  return waitable({
    kind,
    waits: list.map((each: unknown) => waitSpec(each) ?? (waitSpec(signal([each])) as WaitSpec)),
  })
}

function isSignal(value: unknown): value is SignalDefinition {
  const found = value as Partial<SignalDefinition> | null
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof found?.name === 'string' &&
    Array.isArray(found.params)
  )
}

function asSignal(value: unknown): SignalDefinition {
  if (!isSignal(value))
    throw new PrimitiveMisuseError('signal() takes a signal or a listener', {
      hint: 'Signals come from defineSignals(...), listeners from `using x = listen(...)`.',
    })
  return value
}

const unit =
  (name: DelayUnit) =>
  (amount: unknown): Waitable => {
    if (typeof amount !== 'number' || !(amount >= 0))
      throw new RangeError(`delay.${name}() takes a number that is not negative, not ${String(amount)}`)
    return waitable({ kind: 'delay', amount, unit: name })
  }

/** Milliseconds of the last moment of a `Date`, in the year 275760. */
export const LAST_MOMENT = 8.64e15

const delay: Primitives['delay'] = {
  milliseconds: unit('milliseconds'),
  seconds: unit('seconds'),
  minutes: unit('minutes'),
  hours: unit('hours'),
  days: unit('days'),
  weeks: unit('weeks'),
  months: unit('months'),
  years: unit('years'),
  until(at: unknown) {
    const time =
      typeof at === 'number'
        ? at
        : at instanceof Date
          ? at.getTime()
          : (at as { epochMilliseconds?: number } | null)?.epochMilliseconds
    if (typeof time !== 'number' || Number.isNaN(time))
      throw new RangeError('delay.until() takes a Date, a Temporal instant or milliseconds')
    if (Math.abs(time) > LAST_MOMENT)
      throw new RangeError(`delay.until(${String(at)}) is no moment that a date can hold`)
    return waitable({ kind: 'until', at: Math.ceil(time) })
  },
}

function drain(target: unknown): void {
  const listener = (target as { listener?: unknown } | null)?.listener
  run('drain').effects.push({ kind: 'drain', signal: typeof listener === 'number' ? { listener } : asSignal(target) })
}

function publish(value: unknown): void {
  run('publish').effects.push({ kind: 'publish', value })
}

function run(name: string): NonNullable<ReturnType<typeof currentRun>> {
  const found = currentRun()
  if (!found)
    throw new PrimitiveMisuseError(`${name}() belongs to the handler itself, not to a step`, {
      hint: 'Call it in the handler, outside transaction(...) and callbacks.',
    })
  return found
}

function loop(value: unknown, gives?: Gives): Cursor {
  const kind = liveKind(value, gives)
  if (kind) return cursorAt([kind, gives ?? (kind === 'map' ? 'entries' : 'values'), 0], value)
  const source = gives === undefined ? value : (value as Record<Gives, () => unknown>)[gives]()
  return cursorAt(['items', 'values', 0], readAhead(source as Iterable<unknown>))
}

function loopKeys(value: unknown): Cursor {
  const weak = typeof value === 'object' && value !== null ? value : undefined
  return cursorAt(['keys', 'values', 0], keys(value), weak)
}

function keys(value: unknown): string[] {
  const found: string[] = []
  for (const key in value as object) found.push(key)
  return found
}

/** As earlier compilers had it: programs of theirs may still run. */
function iterate(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : whole(readAhead(value as Iterable<unknown>))
}

async function collect(value: unknown): Promise<readonly unknown[]> {
  return whole(await readAheadAsync(value))
}

function whole({ items, failed, limited }: ReadAhead): readonly unknown[] {
  if (failed) throw failed.error
  if (limited) throw new IterationLimitError(MAX_READ_AHEAD)
  return items
}
