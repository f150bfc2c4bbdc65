/** The programs themselves, by hash. */
import type { SqlRunner } from '../../sql/connection.ts'
import type { StoredProgram } from '../records.ts'
import { Statement } from './statement.ts'

/** Those that are there stay as they are, but for a new signature. */
export async function putPrograms(sql: SqlRunner, schema: string, programs: readonly StoredProgram[]): Promise<void> {
  const statement = new Statement()
  const rows = statement.rows('x', {
    hash: ['text', programs.map(({ hash }) => hash)],
    definition: ['text', programs.map(({ definition }) => definition)],
    text: ['text', programs.map(({ text }) => text)],
    debug: ['text', programs.map(({ debug }) => debug)],
    signature: ['text', programs.map(({ signature }) => signature ?? null)],
  })
  const { text, parameters } = statement.finish(
    `insert into ${schema}.program as p (hash, definition, text, debug, signature)
     select hash, definition, text, debug, signature from ${rows} order by hash
     on conflict (hash) do update set signature = excluded.signature
       where excluded.signature is not null and p.signature is distinct from excluded.signature`,
  )
  await sql.query(text, parameters)
}

export async function getProgram(sql: SqlRunner, schema: string, hash: string): Promise<StoredProgram | undefined> {
  const [row] = await sql.query<{
    hash: string
    definition: string
    text: string
    debug: string
    signature: string | null
  }>(`select hash, definition, text, debug, signature from ${schema}.program where hash = $1::text`, [hash])
  if (row === undefined) return undefined
  const { signature, ...program } = row
  return signature === null ? program : { ...program, signature }
}
