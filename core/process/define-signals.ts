/**
 * `defineSignals`: signals as a service of the app. Emitting is a call, `await signals.fullyFunded({ campaign })`, that
 * commits with the transaction or the step it is made in; a process waits with `signal(signals.fullyFunded)`. Path
 * parameters with a model are given under lock (or as anything that points at the entity, with `ref(Model)`) and arrive as
 * references.
 */
import { makeSignal, type Signal, type SignalDefinition, ValueEncodeError } from '@justscale/engine'
import { ProcessableEncodeError } from '../channel/errors.ts'
import { DefinitionError } from '../errors.ts'
import { referenceFrom } from '../model/reference-from.ts'
import { modelName } from '../model/model-metadata.ts'
import { defineService, type ServiceClass } from '../service/define-service.ts'
import { isLocked } from '../type-state/guard.ts'
import type { Emitted, ParameterNames, ParameterTypes, Received } from './parameter-types.ts'
import { parameterModel } from './parameter-types.ts'
import { engineOf, partOfCaller } from './process-engine.ts'

type ReceivedPayload<Path extends string, Types, Data> = {
  readonly [Name in ParameterNames<Path>]: Received<Name, Types>
} & Data
type EmittedPayload<Path extends string, Types, Data> = {
  readonly [Name in ParameterNames<Path>]: Emitted<Name, Types>
} & Data

/** A signal in the making, which is one already: `signal(path)`, `.types({...})` and `.data<T>()` in any order. */
export interface SignalInMaking<Path extends string, Types, Data extends object> extends Signal<
  ReceivedPayload<Path, Types, Data>,
  EmittedPayload<Path, Types, Data>
> {
  /** Models of path parameters. Each must be locked at emit, unless given as `ref(Model)`. */
  types<const More extends ParameterTypes>(types: More): SignalInMaking<Path, More, Data>
  /** Data that it carries beside its parameters. */
  data<More extends object>(): SignalInMaking<Path, Types, More>
}

export type DefineSignal = <const Path extends string>(
  path: Path,
) => SignalInMaking<Path, Record<never, never>, Record<never, never>>

/** The class of a service whose members are the signals. */
export function defineSignals<Signals extends Record<string, SignalDefinition>>(
  define: (signal: DefineSignal) => Signals,
): ServiceClass<string, unknown, Signals, 'app'> {
  return defineService({ factory: () => define(((path: string) => signalInMaking(path, {})) as DefineSignal) }) as never
}

function signalInMaking(path: string, types: ParameterTypes): SignalDefinition {
  const made = makeSignal(path, (definition, payload) => emit(definition, types, payload))
  return Object.assign(made, {
    types: (more: ParameterTypes) => {
      const unknown = Object.keys(more).filter(
        (key) => !made.params.some((name) => parameterModel({ [key]: more[key] as never }, name)),
      )
      if (unknown.length > 0)
        throw new DefinitionError(`The signal ${path} has no parameter for the type ${unknown.join(', ')}`)
      return signalInMaking(path, more)
    },
    data: () => made,
  })
}

async function emit(definition: SignalDefinition, types: ParameterTypes, given: object): Promise<void> {
  const engine = await engineOf(`the signal ${definition.name}`)
  const payload = convertParameters(definition, types, given)
  try {
    await engine.emit(definition, payload, partOfCaller(engine))
  } catch (error) {
    throw processable(error)
  }
}

/** Models of parameters become references; what must be locked is checked. */
function convertParameters(definition: SignalDefinition, types: ParameterTypes, given: object): object {
  const payload: Record<string, unknown> = { ...given }
  for (const name of definition.params) {
    const parameter = parameterModel(types, name)
    const value = payload[name]
    if (parameter === undefined || value === undefined || value === null) continue
    const reference = referenceFrom(parameter.model, value)
    if (typeof reference === 'string')
      throw new DefinitionError(`The parameter '${name}' of ${definition.name} ${reference}`)
    if (parameter.locked && !isLocked(value)) {
      throw new DefinitionError(`The signal ${definition.name} is emitted without holding the lock of '${name}'`, {
        hint: `Emit it with the locked ${modelName(parameter.model)}, or declare the parameter with ref(${modelName(parameter.model)}).`,
      })
    }
    payload[name] = reference
  }
  return payload
}

/** A lock or a new entity in the payload: the error says where and what to send instead. */
function processable(error: unknown): unknown {
  if (!(error instanceof ValueEncodeError) || !(error.cause instanceof ProcessableEncodeError)) return error
  return new ProcessableEncodeError(`payload${error.path}`, error.what, error.hint ?? '')
}
