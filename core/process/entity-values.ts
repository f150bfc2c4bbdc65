/**
 * How references and entities are stored by processes: a reference as model and identifier, a stored entity as its reference
 * plus the values seen (without those marked secret), read back through today's fields. A lock is never stored.
 */
import type { ValueType } from '@justscale/engine'
import type { AppContext } from '../app/context.ts'
import { ProcessableEncodeError } from '../channel/errors.ts'
import { DefinitionError } from '../errors.ts'
import { entityState } from '../model/entity-state.ts'
import { makePersistent, type StoredValues } from '../model/entity-maker.ts'
import { entityName, storedValues } from '../model/instance.ts'
import { modelFields, modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { Reference, References } from '../reference/reference.ts'

/** The value types of one app. `modelOf` finds a model of the app by its name. */
export function entityValueTypes(
  app: AppContext,
  modelOf: (name: string) => AnyModelClass | undefined,
): readonly ValueType[] {
  const model = (name: string): AnyModelClass => {
    const found = modelOf(name)
    if (found !== undefined) return found
    throw new DefinitionError(`A stored value is of the model ${name}, which this app does not have`, {
      hint: 'Bind a repository for it; a renamed model needs its old `name`.',
    })
  }
  return [referenceType(app, model), referencesType(app, model), entityType(app, model)]
}

type FindModel = (name: string) => AnyModelClass

function referenceType(app: AppContext, model: FindModel): ValueType {
  const type: ValueType<Reference<unknown>> = {
    tag: 'ref',
    matches: (value): value is Reference<unknown> => value instanceof Reference,
    encode: (reference) => [modelName(reference.model), reference.identifier],
    decode: (stored) => {
      const [name, identifier] = stored as readonly [string, string]
      return new Reference(model(name), identifier, app)
    },
  }
  return type as ValueType
}

function referencesType(app: AppContext, model: FindModel): ValueType {
  const type: ValueType<References<unknown>> = {
    tag: 'refs',
    matches: (value): value is References<unknown> => value instanceof References,
    encode: (references) => references.items.map((item) => [modelName(item.model), item.identifier]),
    decode: (stored) =>
      new References(
        (stored as readonly [string, string][]).map(
          ([name, identifier]) => new Reference(model(name), identifier, app),
        ),
      ),
  }
  return type as ValueType
}

interface StoredEntity {
  readonly model: string
  readonly identifier: string
  readonly values: StoredValues
}

function entityType(app: AppContext, model: FindModel): ValueType {
  const type: ValueType<object> = {
    tag: 'entity',
    matches: (value): value is object => entityState(value) !== undefined,
    encode: (entity): StoredEntity => {
      const state = entityState(entity)
      if (state === undefined || state.form !== 'persistent') throw unstorable(entity)
      const fields = modelFields(state.model)
      const values = Object.entries(storedValues(entity)).filter(([name]) => fields[name]?.secret !== true)
      return {
        model: modelName(state.model),
        identifier: state.identifier,
        values: Object.fromEntries(values) as StoredValues,
      }
    },
    decode: (stored) => {
      const { model: name, identifier, values } = stored as StoredEntity
      return makePersistent(app, model(name), identifier, values)
    },
  }
  return type as ValueType
}

function unstorable(entity: object): ProcessableEncodeError {
  const state = entityState(entity)
  const name = state === undefined ? 'Model' : modelName(state.model)
  if (state?.form === 'transient') {
    return new ProcessableEncodeError(
      '',
      `the new, unsaved ${name}`,
      `Insert it first: what ${name}'s repository gives back can be kept.`,
    )
  }
  const hint = `Send or keep ${name}.ref(locked): whoever needs the entity awaits it, or locks it again. In a process declare it with \`using\`.`
  return new ProcessableEncodeError('', `the lock ${entityName(entity)} (a Locked<${name}>)`, hint)
}
