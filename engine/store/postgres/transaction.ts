/** Short transactions of the store's own on a lane. */
import type { SqlDatabase, SqlRow, SqlStatement } from '../../sql/connection.ts'
import { SqlStatementError } from '../../sql/errors.ts'

/** Attempts of what fails by deadlock or serialisation failure. */
const ATTEMPTS = 5

/** Runs the statements as one transaction, in one round trip, and answers their rows; tried again when it may help. */
export function inTransaction(
  sql: SqlDatabase,
  statements: readonly SqlStatement[],
): Promise<readonly (readonly SqlRow[])[]> {
  return attempted(async () => {
    const lane = await sql.lane({ pool: 'control' })
    try {
      const answers = await lane.pipeline([{ text: 'begin' }, ...statements, { text: 'commit' }])
      return answers.slice(1, -1)
    } finally {
      lane.release()
    }
  })
}

/** Statements that are a transaction each, one after the other on a lane that makes their plans once. */
export async function inTurn<Answer>(
  sql: SqlDatabase,
  body: (run: (statement: SqlStatement) => Promise<readonly SqlRow[]>) => Promise<Answer>,
): Promise<Answer> {
  const lane = await sql.lane({ pool: 'control' })
  try {
    return await body(({ text, parameters }) => attempted(() => lane.query(text, parameters)))
  } finally {
    lane.release()
  }
}

async function attempted<Answer>(run: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof SqlStatementError && error.transient) || attempt === ATTEMPTS) throw error
    }
  }
}
