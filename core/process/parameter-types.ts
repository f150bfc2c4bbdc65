/** Typed path parameters: which model stands behind `:campaign`, and what may be given for it. */
import type { AnyRefParameter, RefParameter } from './ref.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import type { Reference } from '../reference/reference.ts'
import type { Locked, Ref } from '../type-state/state.ts'
import { isModelClass } from '../model/model-metadata.ts'

/** `types: { Campaign }`, `{ campaign: Campaign }`, `{ campaign: ref(Campaign) }`. */
export type ParameterTypes = Readonly<Record<string, AnyModelClass | AnyRefParameter>>

export type ParameterNames<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParameterNames<Segment> | ParameterNames<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : never

export type ParameterTuple<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? [...ParameterTuple<Segment>, ...ParameterTuple<Rest>]
  : Path extends `:${infer Name}`
    ? [Name]
    : []

/** The entry of `types` for a parameter: by its name, its name capitalised, or either with `Ref` behind. */
type EntryFor<Name extends string, Types> = Name extends keyof Types
  ? Types[Name]
  : Capitalize<Name> extends keyof Types
    ? Types[Capitalize<Name>]
    : Name extends `${infer Base}Ref`
      ? EntryFor<Base, Types>
      : undefined

type EntityOf<Entry> =
  Entry extends RefParameter<infer Entity>
    ? Entity
    : Entry extends abstract new (...args: never) => infer Entity
      ? Entity
      : never

/** What arrives for a parameter. */
export type Received<Name extends string, Types> = [EntryFor<Name, Types>] extends [undefined]
  ? string
  : Reference<EntityOf<EntryFor<Name, Types>>>

/** What starts a process with it: whatever points at the entity. */
export type Given<Name extends string, Types> = [EntryFor<Name, Types>] extends [undefined]
  ? string
  : Ref<EntityOf<EntryFor<Name, Types>>>

/** What emits a signal with it: the entity under lock, unless declared with `ref(Model)`. */
export type Emitted<Name extends string, Types> =
  EntryFor<Name, Types> extends infer Entry
    ? [Entry] extends [undefined]
      ? string
      : Entry extends RefParameter<infer Entity>
        ? Ref<Entity>
        : Locked<EntityOf<Entry>>
    : never

/** The model of a parameter and whether it must be locked at emit. */
export interface ParameterModel {
  readonly model: AnyModelClass
  readonly locked: boolean
}

/** The entry of `types` for a parameter at run time. */
export function parameterModel(types: ParameterTypes, name: string): ParameterModel | undefined {
  const base = name.endsWith('Ref') ? name.slice(0, -3) : name
  for (const key of [name, capitalized(name), base, capitalized(base)]) {
    const entry = types[key]
    if (entry === undefined) continue
    return isModelClass(entry) ? { model: entry, locked: true } : { model: entry.model, locked: false }
  }
  return undefined
}

function capitalized(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
