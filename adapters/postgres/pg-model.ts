/** A model as a table: names of table, columns and constraints. Made by `createPgModel`, used by repositories and migrations. */
import {
  DefinitionError,
  modelFields,
  modelName,
  type AnyModel,
  type AnyModelClass,
  type FieldDefinition,
  type StoredValues,
} from '@justscale/core'
import type { Row } from '@justscale/core/repository'
import type { SqlRow } from '@justscale/engine/sql'
import { castType, columnName, columnType, decoderOf, selectColumn, type Column } from './column.ts'
import { constraintName, isStoredWhole, plural, quoteName, snakeCase, storedName } from './identifier.ts'

/** An index over several fields. */
export interface PgIndex {
  /** Field names. */
  readonly fields: readonly string[]
  readonly unique?: boolean
}

/** Of `createPgModel(Model, ...)`. */
export interface PgModelOptions {
  /** Default: the model's name in snake case, plural. */
  readonly table?: string
  /** Indexes over several fields, besides those of `unique()` and `index()`. */
  readonly indexes?: readonly PgIndex[]
  /** The table's previous name: a migration renames it. */
  readonly renamedFrom?: string
}

export interface NamedIndex {
  readonly name: string
  readonly columns: readonly Column[]
  readonly unique: boolean
}

export interface NamedReference {
  readonly name: string
  readonly column: Column
  readonly target: AnyModelClass
}

/** For the types: which entity a `PgModel` is of. */
export interface PgModelOf<Entity> extends PgModel {
  readonly 'entity of the model'?: (entity: Entity) => Entity
}

/** A model with its table, as `createPgModel` makes it. */
export class PgModel {
  readonly model: AnyModelClass
  /** Name of the model, for messages. */
  readonly name: string
  readonly table: string
  readonly quotedTable: string
  readonly renamedFrom: string | undefined
  readonly columns: readonly Column[]
  /** Unique ones first, in order of the fields: the order in which violations are found. */
  readonly indexes: readonly NamedIndex[]
  readonly references: readonly NamedReference[]
  /** `id, "owner", ...`: what rows are read from. */
  readonly selectList: string
  readonly #byField: ReadonlyMap<string, Column>

  constructor(model: AnyModelClass, options: PgModelOptions) {
    this.model = model
    this.name = modelName(model)
    this.table =
      options.table === undefined ? storedName(plural(snakeCase(this.name))) : givenTable(this.name, options.table)
    this.quotedTable = quoteName(this.table)
    this.renamedFrom = options.renamedFrom
    this.columns = Object.entries(modelFields(model)).map(([field, definition]) => column(field, definition))
    this.#byField = new Map(this.columns.map((each) => [each.field, each]))
    this.#refuseTwins()
    this.indexes = this.#makeIndexes(options.indexes ?? [])
    this.references = this.columns.flatMap((each) => {
      const { type } = each.definition
      if (type.kind !== 'ref') return []
      return [{ name: constraintName(this.table, each.name, 'fkey'), column: each, target: type.target() }]
    })
    this.selectList = ['id', ...this.columns.map((each) => this.#selected(each))].join(', ')
  }

  /** True where the model has no field of that column: then the table has a system column. */
  hasSystemColumn(name: 'created_at' | 'updated_at'): boolean {
    return this.columns.every((each) => each.name !== name)
  }

  /** Names of the table and its indexes: no other model of the database may have them. */
  get relations(): readonly string[] {
    return [this.table, constraintName(this.table, 'pkey'), ...this.indexes.map(({ name }) => name)]
  }

  column(field: string): Column {
    const found = this.#byField.get(field)
    if (found) return found
    throw new DefinitionError(`${this.name} has no field "${field}"`)
  }

  /** The list with every column taken from `alias`. */
  selectFrom(alias: string): string {
    return [`${alias}.id`, ...this.columns.map((each) => this.#selected(each, `${alias}.`))].join(', ')
  }

  /** A row of `selectList` in storage form. */
  decode(row: SqlRow): Row {
    const values: Record<string, unknown> = {}
    for (const { field, name, decode } of this.columns) {
      const value = row[name]
      values[field] = value === null || value === undefined ? null : decode === undefined ? value : decode(value)
    }
    return { identifier: row.id as string, values: values as StoredValues }
  }

  /** The fields that are unique together under a constraint's name. */
  uniqueFields(constraint: string): readonly string[] | undefined {
    const index = this.indexes.find((each) => each.unique && each.name === constraint)
    return index?.columns.map((each) => each.field)
  }

  isUnique(fields: readonly string[]): boolean {
    const wanted = [...fields].sort().join()
    return this.indexes.some(
      (each) =>
        each.unique &&
        each.columns
          .map(({ field }) => field)
          .sort()
          .join() === wanted,
    )
  }

  #selected(each: Column, prefix = ''): string {
    const quoted = quoteName(each.name)
    const expression = selectColumn(each.definition.type, `${prefix}${quoted}`)
    return expression === quoted || expression === `${prefix}${quoted}` ? expression : `${expression} as ${quoted}`
  }

  #makeIndexes(declared: readonly PgIndex[]): readonly NamedIndex[] {
    const single = this.columns.flatMap((each) => {
      const { unique, index } = each.definition
      const isReference = each.definition.type.kind === 'ref'
      if (!unique && !index && !isReference) return []
      return [{ name: constraintName(this.table, each.name, unique ? 'key' : 'idx'), columns: [each], unique }]
    })
    const joint = declared.map((each) => {
      const columns = each.fields.map((field) => this.column(field))
      const unique = each.unique === true
      const names = columns.map(({ name }) => name)
      return { name: constraintName(this.table, ...names, unique ? 'key' : 'idx'), columns, unique }
    })
    this.#refuseSameNames([...single, ...joint])
    return [...single, ...joint].sort((one, other) => Number(other.unique) - Number(one.unique))
  }

  #refuseSameNames(indexes: readonly NamedIndex[]): void {
    const seen = new Map<string, NamedIndex>()
    for (const index of indexes) {
      const other = seen.get(index.name)
      if (other && !Bun.deepEquals(other.columns, index.columns)) {
        const fields = [other, index].map(({ columns }) => columns.map(({ field }) => field).join(', '))
        throw new DefinitionError(
          `${this.name}: the indexes of ${fields.join(' and of ')} would both be "${index.name}"`,
        )
      }
      seen.set(index.name, index)
    }
  }

  #refuseTwins(): void {
    const seen = new Map<string, string>([['id', "the table's key"]])
    for (const { field, name } of this.columns) {
      const other = seen.get(name)
      if (other) throw new DefinitionError(`${this.name}.${field} and ${other} would both be the column "${name}"`)
      seen.set(name, field)
    }
  }
}

/** Says how a model is kept in Postgres: `createPgModel(User, { table: 'users' })`. */
export function createPgModel<Entity extends AnyModel>(
  model: abstract new (...args: never) => Entity,
  options: PgModelOptions = {},
): PgModelOf<Entity> {
  return new PgModel(model as unknown as AnyModelClass, options) as PgModelOf<Entity>
}

function column(field: string, definition: FieldDefinition): Column {
  const { type } = definition
  const name = columnName(field, type)
  return { field, name, definition, sqlType: columnType(type), castType: castType(type), decode: decoderOf(type) }
}

/** A name that somebody chose is not replaced by another one. */
function givenTable(model: string, table: string): string {
  if (table !== '' && isStoredWhole(table)) return table
  throw new DefinitionError(`${model}: a table cannot be called "${table}": names have 1 to 63 bytes in Postgres`)
}
