/**
 * `just process signal <path> <signal>`: emits a signal that a process listens for. What the signal shares with the process's
 * path is taken from the process, so that a reference stays one; the rest is given as JSON.
 */
import { makeSignal, type Engine } from '@justscale/engine'
import type { Inspection } from '@justscale/engine/inspector'
import { MisuseError } from '../program/misuse-error.ts'
import { StoredReference } from './stored-entity.ts'

export async function sendSignal(engine: Engine, seen: Inspection, name: string, data: object): Promise<string> {
  const path = signalPath(seen, name)
  const signal = makeSignal(path, async () => {})
  const shared = Object.fromEntries(signal.params.map((param) => [param, parameterOf(seen, param)]))
  const payload = { ...shared, ...data }
  const lacking = signal.params.filter((param) => Reflect.get(payload, param) === undefined)
  if (lacking.length > 0) {
    throw new MisuseError(
      `The signal ${path} needs ${lacking.join(' and ')}`,
      `Give it as JSON: --data '{"${lacking[0]}": "..."}'`,
    )
  }
  await engine.emit(signal, payload)
  return path
}

/** The whole path of a signal, from its path or the last part of it. */
function signalPath({ record, subscriptions }: Inspection, name: string): string {
  const heard = [...new Set(subscriptions.map((key) => key.slice(0, key.lastIndexOf('?'))))].filter((path) =>
    path.startsWith('/'),
  )
  const found = heard.filter((path) => path === name || path.split('/').at(-1) === name)
  if (found.length === 1 && found[0] !== undefined) return found[0]
  throw new MisuseError(
    found.length > 1
      ? `${record.path} listens for several signals called ${name}`
      : `${record.path} does not listen for ${name} now`,
    heard.length > 0 ? `It listens for ${heard.join(', ')}.` : 'It listens for no signal.',
  )
}

/** As the path says it: a reference where it stands for an entity. */
function parameterOf({ record, models }: Inspection, name: string): unknown {
  const at = record.definition.split('/').indexOf(`:${name}`)
  const text = at < 0 ? undefined : record.path.split('/')[at]
  if (text === undefined) return undefined
  const value = decodeURIComponent(text)
  const model = models[name]
  return model === undefined ? value : new StoredReference(model, value, [model, value])
}
