/** Short transactions of the store's own on a lane: pipelined, so that they cost one round trip. */
import type { SqlDatabase, SqlRow, SqlStatement } from '../../sql/connection.ts'
import { SqlStatementError } from '../../sql/errors.ts'

/** Runs the statements as one transaction and answers their rows; deadlocks and serialisation failures are tried again. */
export async function inTransaction(
  sql: SqlDatabase,
  statements: readonly SqlStatement[],
): Promise<readonly (readonly SqlRow[])[]> {
  for (let attempt = 1; ; attempt++) {
    const lane = await sql.lane({ pool: 'control' })
    try {
      const answers = await lane.pipeline([{ text: 'begin' }, ...statements, { text: 'commit' }])
      return answers.slice(1, -1)
    } catch (error) {
      if (!(error instanceof SqlStatementError && error.transient) || attempt === 5) throw error
    } finally {
      lane.release()
    }
  }
}
