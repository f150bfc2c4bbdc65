/** Writing values to the table `part`, within a statement whose expression `owner` has the ids of their processes. */
import type { PartRow } from './pieces.ts'
import type { Statement } from './statement.ts'

/** `known`: the process may have had parts of these numbers before. */
export function addParts(
  statement: Statement,
  schema: string,
  rows: readonly PartRow[],
  { name, owner, known }: { readonly name: string; readonly owner: string; readonly known: boolean },
): void {
  if (rows.length === 0) return
  const slices = rows.map(({ data }) => statement.bytes(data))
  const input = statement.rows('x', {
    process: ['uuid', rows.map(({ process }) => process)],
    number: ['int4', rows.map(({ number }) => number)],
    chunk: ['int2', rows.map(({ chunk }) => chunk)],
    chunks: ['int2', rows.map(({ chunks }) => chunks)],
    at: ['int4', slices.map(({ offset }) => offset)],
    length: ['int4', slices.map(({ length }) => length)],
  })
  const conflict = known
    ? ' on conflict (process, number, chunk) do update set chunks = excluded.chunks, data = excluded.data'
    : ''
  statement.with(
    name,
    `insert into ${schema}.part (process, number, chunk, chunks, data)
     select x.process, x.number, x.chunk, x.chunks, substr(${statement.blob}, x.at, x.length)
     from ${input} join ${owner} o on o.id = x.process${conflict}`,
  )
}
