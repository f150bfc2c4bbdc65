/** The database of the project that a command is called in. In production only the one that DATABASE_URL names. */
import { environmentName } from '@justscale/core/config'
import { resolveDatabase, type ResolvedDatabase } from '@justscale/engine/embedded'
import { MisuseError } from '../program/misuse-error.ts'

/** Rejects with `MisuseError` in production without DATABASE_URL: a database of its own would be the wrong one there. */
export async function projectDatabase(environment = process.env): Promise<ResolvedDatabase> {
  if (!environment['DATABASE_URL'] && environmentName(environment) === 'production') {
    throw new MisuseError(
      'DATABASE_URL is not set',
      'In production it names the database: postgres://user:password@host/app',
    )
  }
  return await resolveDatabase({ env: environment })
}
