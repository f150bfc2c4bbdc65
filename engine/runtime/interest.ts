/** What a process is subscribed to from the commit that starts it: every signal its program waits for by its own parameters. */
import { SignalRouteError } from '../errors.ts'
import { allSignals, reachableSignals } from '../machine/index.ts'
import type { Environment, LoadedProgram } from '../program/environment.ts'
import type { MachineState } from '../program/state.ts'
import { routingKey } from './signal.ts'

export interface Interests {
  readonly subscriptions: readonly (readonly [number: number, key: string, signal: string])[]
  readonly next: number
}

const NONE: Interests = { subscriptions: [], next: 0 }

/** `texts` are the process's path parameters. Throws `SignalRouteError` for a signal that shares none of them. */
export function initialInterests(
  program: LoadedProgram,
  environment: Environment,
  texts: Readonly<Record<string, string>>,
): Interests {
  if (program.program.signals.length === 0) return NONE
  const subscriptions: (readonly [number, string, string])[] = []
  const keys = new Set<string>()
  for (const { definition: signal, keyed } of allSignals(program, environment)) {
    if (keyed) continue
    const shared = signal.params.filter((name) => name in texts)
    if (shared.length === 0 && signal.params.length > 0) {
      throw new SignalRouteError(
        `The process ${program.program.path} waits for ${signal.name}, which has none of its parameters`,
        {
          hint: 'Give the parameters the same names, or open a listener: using x = listen(signal, { ... }); await signal(x).',
        },
      )
    }
    const key = routingKey(signal, shared, texts)
    if (keys.has(key)) continue
    keys.add(key)
    subscriptions.push([subscriptions.length, key, signal.name])
  }
  return { subscriptions, next: subscriptions.length }
}

/** Names of the signals that some wait can still be reached for. */
export function reachableNames(state: MachineState, environment: Environment): ReadonlySet<string> {
  const names = new Set<string>()
  const bySite = new Map<string, readonly string[]>()
  for (const site of reachableSignals(state, environment)) {
    const [hash = '', index = '0'] = site.split(':')
    const known =
      bySite.get(hash) ?? allSignals(environment.program(hash), environment).map(({ definition }) => definition.name)
    bySite.set(hash, known)
    names.add(known[Number(index)] ?? '')
  }
  return names
}
