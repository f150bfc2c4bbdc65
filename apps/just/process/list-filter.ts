/** What `just process list` was asked for, checked before a database is looked for. */
import { processStatuses, type ProcessStatus } from '@justscale/engine'
import { MisuseError } from '../program/misuse-error.ts'

export interface ListArguments {
  /** Names of statuses, by comma. */
  readonly status?: string | undefined
  readonly path?: string | undefined
  readonly limit: string
}

export interface ListFilter {
  readonly status?: readonly ProcessStatus[]
  readonly path?: string
  readonly limit: number
}

/** Throws `MisuseError` for a status that there is not and a limit that is no number from 1 on. */
export function listFilter({ status, path, limit }: ListArguments): ListFilter {
  return { limit: limitOf(limit), ...(status && { status: status.split(',').map(statusOf) }), ...(path && { path }) }
}

function limitOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new MisuseError(`--limit takes a whole number from 1 on, not "${text}"`, 'For example --limit 20.')
}

function statusOf(text: string): ProcessStatus {
  const found = processStatuses.find((status) => status === text.trim())
  if (found !== undefined) return found
  throw new MisuseError(`No process has the status "${text}"`, `There are ${processStatuses.join(', ')}.`)
}
