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
import { isCancellation, IterationLimitError, PrimitiveMisuseError } from './errors.ts'
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
    return waitable({ kind: 'until', at: time })
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

/** Items that a loop with awaits reads ahead from something that does not say how many it has. */
export const MAX_READ_AHEAD = 10_000

function iterate(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const items: unknown[] = []
  for (const item of value as Iterable<unknown>) add(items, item, value)
  return items
}

async function collect(value: unknown): Promise<readonly unknown[]> {
  const items: unknown[] = []
  const source = await value
  for await (const item of source as AsyncIterable<unknown>) add(items, item, source)
  return items
}

/** A throw here also closes the iterator. */
function add(items: unknown[], item: unknown, source: unknown): void {
  if (items.length === MAX_READ_AHEAD && !isSized(source)) throw new IterationLimitError(MAX_READ_AHEAD)
  items.push(item)
}

/** Strings, maps, sets and typed arrays end. */
function isSized(value: unknown): boolean {
  const { length, size } = value as { length?: unknown; size?: unknown }
  return typeof length === 'number' || typeof size === 'number'
}

function keys(value: unknown): string[] {
  const found: string[] = []
  for (const key in value as object) found.push(key)
  return found
}
