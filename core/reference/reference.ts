/**
 * References point at entities without saying how they are stored. Awaiting one reads the entity, with its methods and
 * services, through the app that the code runs in; all references of one model awaited in the same turn are one read.
 * A reference keeps nothing it read (but for what a query was told to `load`): awaiting it again reads again, except in a
 * unit of work that has read it and changed nothing since.
 */
import { currentApp, isReachable, requireApp, type AppContext } from '../app/context.ts'
import { ForeignAppError } from '../errors.ts'
import { ReferenceNotFoundError } from './errors.ts'
import { loadReferenced } from './loader.ts'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import type { Persistent } from '../type-state/state.ts'

/** Any reference: says nothing about the entity. */
export abstract class AnyReference {
  declare protected readonly 'any reference': true
  /** Identifiers: inside a JSON value a reference is its opaque text. */
  abstract toJSON(): unknown
}

/**
 * Which entity, without its values. `await reference` reads it and rejects with `ReferenceNotFoundError` when it is gone;
 * `a.equals(b)` compares. It belongs to the app that it was made in.
 */
export class Reference<Entity> extends AnyReference implements PromiseLike<Persistent<Entity>> {
  declare protected readonly 'a reference': Entity
  readonly #model: AnyModelClass
  readonly #identifier: string
  readonly #app: AppContext | undefined
  #preloaded: object | undefined

  /** For adapters and `Model.ref`; everyone else has `Model.ref`. */
  constructor(model: AnyModelClass, identifier: string, app: AppContext | undefined = currentApp()) {
    super()
    this.#model = model
    this.#identifier = identifier
    this.#app = app
  }

  /** The storage key as text: the deliberate way out, for a boundary. */
  get identifier(): string {
    return this.#identifier
  }

  /** The model it points at. */
  get model(): AnyModelClass {
    return this.#model
  }

  /**
   * Reads the entity. Rejects with `ReferenceNotFoundError` when it does not exist, `NotInAppError` outside any app and
   * `ForeignAppError` in another app than the one the reference was made in.
   */
  then<Fulfilled = Persistent<Entity>, Rejected = never>(
    onFulfilled?: ((entity: Persistent<Entity>) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#load().then(onFulfilled, onRejected)
  }

  /** For repositories: awaiting gives this entity, which was read together with whatever holds the reference. */
  preloaded(entity: object): void {
    this.#preloaded = entity
  }

  /** For repositories and fields: throws `ForeignAppError` in an app that has nothing to do with the one it was made in. */
  checkApp(app: AppContext): void {
    const own = this.#app
    if (own === undefined || isReachable(own, app) || isReachable(app, own)) return
    throw new ForeignAppError(this.toString(), own.name, app.name)
  }

  /** True when both point at the same entity. */
  equals(other: Reference<Entity>): boolean {
    if (!(#model in other)) return false
    return modelName(this.#model) === modelName(other.#model) && this.#identifier === other.#identifier
  }

  override toString(): string {
    return `${modelName(this.#model)}(${this.#identifier})`
  }

  toJSON(): string {
    return this.#identifier
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Reference ${this.toString()}`
  }

  async #load(): Promise<Persistent<Entity>> {
    const current = requireApp(`await ${this.toString()}`)
    const app = this.#app ?? current
    if (!isReachable(app, current)) throw new ForeignAppError(this.toString(), app.name, current.name)
    const entity = this.#preloaded ?? (await loadReferenced(app, this.#model, this.#identifier))
    if (entity === null) throw new ReferenceNotFoundError(this.toString())
    return entity as Persistent<Entity>
  }
}

/** An ordered list of references. Awaiting it reads all of them at once; entities that no longer exist reject. */
export class References<Entity>
  extends AnyReference
  implements PromiseLike<readonly Persistent<Entity>[]>, Iterable<Reference<Entity>>
{
  declare protected readonly 'a list of references': Entity
  readonly #items: readonly Reference<Entity>[]

  constructor(items: readonly Reference<Entity>[]) {
    super()
    this.#items = Object.freeze([...items])
  }

  get length(): number {
    return this.#items.length
  }

  [Symbol.iterator](): Iterator<Reference<Entity>> {
    return this.#items[Symbol.iterator]()
  }

  /** The references as a plain list. */
  get items(): readonly Reference<Entity>[] {
    return this.#items
  }

  then<Fulfilled = readonly Persistent<Entity>[], Rejected = never>(
    onFulfilled?: ((entities: readonly Persistent<Entity>[]) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return Promise.all(this.#items).then(onFulfilled, onRejected)
  }

  toJSON(): readonly string[] {
    return this.#items.map((item) => item.identifier)
  }
}
