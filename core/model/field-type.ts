/**
 * The types of fields, read from the builders. Each fact is a member of `FieldFacts` and only looked at when a member of the
 * entity is: a field's own type must not be resolved while its model is being defined, or circular models do not compile.
 */
import type { AnyReference, Reference, References } from '../reference/reference.ts'
import type { Ref } from '../type-state/state.ts'
import type { FieldDefinition } from './field-definition.ts'

export declare const fieldFacts: unique symbol

export interface FieldFacts<Read, Input, Optional extends boolean, Kind> {
  /** What reading the entity gives. */
  readonly read: Read
  /** What constructors, updates and conditions accept. */
  readonly input: Input
  /** True when the constructor may leave it out. */
  readonly optional: Optional
  readonly kind: Kind
}

/** Any field; says nothing about its value, so that checking a model's fields looks into none. */
export abstract class AnyField {
  declare protected readonly 'a field of a model': true
  abstract readonly definition: FieldDefinition
}

export type Fields = Readonly<Record<string, AnyField>>

/** The model a reference field points at: `Creator` or `() => Creator`. */
export type TargetOf<Link> = Link extends abstract new (...args: never) => infer Entity
  ? Entity
  : Link extends () => abstract new (...args: never) => infer Entity
    ? Entity
    : never

export interface RefFacts<Link, None, Optional extends boolean> {
  readonly read: Reference<TargetOf<Link>> | None
  readonly input: Ref<TargetOf<Link>> | None
  readonly optional: Optional
  readonly kind: 'ref'
  readonly target: TargetOf<Link>
}

export interface RefsFacts<Link, Optional extends boolean> {
  readonly read: References<TargetOf<Link>>
  readonly input: References<TargetOf<Link>> | readonly Ref<TargetOf<Link>>[]
  readonly optional: Optional
  readonly kind: 'refs'
  readonly target: TargetOf<Link>
}

interface WithFacts {
  readonly [fieldFacts]: {
    readonly read: unknown
    readonly input: unknown
    readonly optional: boolean
    readonly kind: unknown
  }
}

export type ReadOf<Field> = Field extends { readonly [fieldFacts]: { readonly read: infer Read } } ? Read : never
export type InputOf<Field> = Field extends { readonly [fieldFacts]: { readonly input: infer Input } } ? Input : never
export type KindOf<Field> = Field extends WithFacts ? Field[typeof fieldFacts]['kind'] : never
export type IsOptional<Field> = Field extends { readonly [fieldFacts]: { readonly optional: true } } ? true : false

/** The members that the fields give to an entity. */
export type FieldProps<F extends Fields> = { -readonly [Name in keyof F]: ReadOf<F[Name]> }

type OptionalNames<F extends Fields> = { [Name in keyof F]: IsOptional<F[Name]> extends true ? Name : never }[keyof F]

/** What `new Model(input)` takes: optional and defaulted fields may be left out. */
export type FieldsInput<F extends Fields> = {
  readonly [Name in Exclude<keyof F, OptionalNames<F>>]: InputOf<F[Name]>
} & { readonly [Name in OptionalNames<F>]?: InputOf<F[Name]> | undefined }

export type AnyRef = AnyReference
