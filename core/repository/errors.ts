/** Errors of repositories: the same from every adapter. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** A second entity with a value that only one may have. */
export class UniqueViolationError extends CoreError {
  static {
    nameError(this, 'UniqueViolationError')
  }

  readonly code = 'CORE_UNIQUE_VIOLATION'
  readonly model: string
  /** The fields that must be unique, together. */
  readonly fields: readonly string[]

  constructor(model: string, fields: readonly string[], cause?: unknown) {
    super(`There is already a ${model} with this ${fields.join(' and ')}`, {
      hint: 'Catch UniqueViolationError, or use repo.upsert. The transaction goes on: only this write is undone.',
      cause,
    })
    this.model = model
    this.fields = fields
  }
}

/** A reference to an entity that does not exist, or a delete of one that others refer to. */
export class ReferenceViolationError extends CoreError {
  static {
    nameError(this, 'ReferenceViolationError')
  }

  readonly code = 'CORE_REFERENCE_VIOLATION'
  readonly model: string
  readonly field: string
  /** `missing`: the reference is to nothing. `referenced`: what is deleted is referred to. */
  readonly problem: 'missing' | 'referenced'

  constructor(model: string, field: string, problem: 'missing' | 'referenced', cause?: unknown) {
    super(
      problem === 'missing'
        ? `${model}.${field} refers to an entity that does not exist`
        : `The entity cannot be deleted: ${model}.${field} refers to it`,
      { cause },
    )
    this.model = model
    this.field = field
    this.problem = problem
  }
}

/** The storage refused a value that the model allows: its schema differs from the model, or the value is too large for it. */
export class StorageRefusedError extends CoreError {
  static {
    nameError(this, 'StorageRefusedError')
  }

  readonly code = 'CORE_STORAGE_REFUSED'

  constructor(what: string, reason: string, cause?: unknown, problem: 'schema' | 'size' = 'schema') {
    super(`${what}: the storage refused it: ${reason}`, {
      hint:
        problem === 'size'
          ? 'A value is larger than the storage takes: limit the field (`.max(n)`), or keep such values elsewhere.'
          : 'The tables may lag behind the models: run the pending migrations.',
      cause,
    })
  }
}

/** Something was to be changed that this unit of work has not locked. */
export class NotLockedError extends CoreError {
  static {
    nameError(this, 'NotLockedError')
  }

  readonly code = 'CORE_NOT_LOCKED'

  constructor(entity: string, method: string, why: string) {
    super(`${method}(${entity}): ${why}`, { hint: 'Lock it here first: `await using locked = await repo.lock(ref)`.' })
  }
}

/** A locked entity was used after its lock was let go. */
export class LockReleasedError extends CoreError {
  static {
    nameError(this, 'LockReleasedError')
  }

  readonly code = 'CORE_LOCK_RELEASED'

  constructor(entity: string) {
    super(`The lock on ${entity} has been let go`, {
      hint: 'Use the locked entity only inside the block of its `using`; lock it again to change it again.',
    })
  }
}

/** A locked entity was let go with changes that were not saved. */
export class UnsavedChangesError extends CoreError {
  static {
    nameError(this, 'UnsavedChangesError')
  }

  readonly code = 'CORE_UNSAVED_CHANGES'

  constructor(entity: string, fields: readonly string[]) {
    super(`${entity} was let go with unsaved changes: ${fields.join(', ')}`, {
      hint: 'Call repo.save(locked) before the end of the block. What was saved before stays saved.',
    })
  }
}

/** The entity was deleted in this unit of work. */
export class EntityGoneError extends CoreError {
  static {
    nameError(this, 'EntityGoneError')
  }

  readonly code = 'CORE_ENTITY_GONE'

  constructor(entity: string) {
    super(`${entity} does not exist any more`)
  }
}

/** A query that its repository cannot answer: of another model, without an order, into another storage. */
export class QueryError extends CoreError {
  static {
    nameError(this, 'QueryError')
  }

  readonly code = 'CORE_QUERY'
}
