/** A database's tables as data, read from its catalog. Names with the prefix `justscale_` belong to the framework. */
import type { SqlDatabase } from '@justscale/engine/sql'

export interface ColumnSchema {
  readonly name: string
  /** With collation, as in `create table`. */
  readonly type: string
  readonly required: boolean
  readonly default: string | undefined
}

export interface TableSchema {
  readonly name: string
  readonly columns: ReadonlyMap<string, ColumnSchema>
  /** Name to `create index` statement; without those of primary keys. */
  readonly indexes: ReadonlyMap<string, string>
  /** Name to definition: checks and unique constraints. */
  readonly constraints: ReadonlyMap<string, string>
  /** Name to definition: foreign keys. */
  readonly references: ReadonlyMap<string, string>
}

export type Schema = ReadonlyMap<string, TableSchema>

const COLUMNS = `
  select c.relname as table, a.attname as name, a.attnotnull as required, pg_get_expr(d.adbin, d.adrelid) as default,
    format_type(a.atttypid, a.atttypmod) || case
      when a.attcollation <> 0 and a.attcollation <> t.typcollation then ' collate ' || quote_ident(l.collname) else '' end as type
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
  left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_type t on t.oid = a.atttypid
  left join pg_collation l on l.oid = a.attcollation
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind in ('r', 'p') and c.relname not like 'justscale\\_%'
  order by c.relname, a.attnum`

const INDEXES = `
  select c.relname as table, i.relname as name, pg_get_indexdef(x.indexrelid, 0, true) as text
  from pg_index x
  join pg_class c on c.oid = x.indrelid
  join pg_class i on i.oid = x.indexrelid
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
  where not x.indisprimary and not exists (select 1 from pg_constraint k where k.conindid = x.indexrelid and k.contype in ('u', 'x'))
  order by 1, 2`

const CONSTRAINTS = `
  select c.relname as table, k.conname as name, k.contype as kind, pg_get_constraintdef(k.oid, true) as text
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
  where k.contype in ('c', 'u', 'f', 'x')
  order by 1, 2`

export async function readSchema(database: SqlDatabase): Promise<Schema> {
  const [columns, indexes, constraints] = [
    await database.query<CatalogRow>(COLUMNS),
    await database.query<CatalogRow>(INDEXES),
    await database.query<CatalogRow>(CONSTRAINTS),
  ]
  const names = [...new Set(columns.map((row) => row.table))]
  return new Map(
    names.map((name): [string, TableSchema] => {
      const own = <Row extends CatalogRow>(rows: readonly Row[]) =>
        rows.filter((row) => row.table === name && row.name !== null)
      const texts = (rows: readonly CatalogRow[]) => new Map(own(rows).map((row) => [row.name, row.text]))
      return [
        name,
        {
          name,
          columns: new Map(own(columns).map((row) => [row.name, columnOf(row)])),
          indexes: texts(indexes),
          constraints: texts(constraints.filter((row) => row.kind !== 'f')),
          references: texts(constraints.filter((row) => row.kind === 'f')),
        },
      ]
    }),
  )
}

interface CatalogRow extends Record<string, unknown> {
  readonly table: string
  readonly name: string
  readonly text: string
  readonly kind: string
  readonly type: string
  readonly required: boolean
  readonly default: string | null
}

function columnOf(row: CatalogRow): ColumnSchema {
  return { name: row.name, type: row.type, required: row.required, default: row.default ?? undefined }
}
