/** A process as the listings show it: for people as a table, for programs as JSON. */
import type { ProcessRecord } from '@justscale/engine'
import { tableOf } from '../program/print.ts'

export interface ProcessRow {
  readonly path: string
  readonly status: string
  /** Source line of the await it stands at; 0 once it ended. */
  readonly line: number
  readonly waits: string
  /** ISO 8601. */
  readonly started: string
}

export function processRow(record: ProcessRecord): ProcessRow {
  return {
    path: record.path,
    status: record.status,
    line: record.place.line,
    waits: record.place.waits.join(', '),
    started: new Date(record.startedAt).toISOString(),
  }
}

/** The rows in columns, or one line when there are none. */
export function processTable(rows: readonly ProcessRow[]): string {
  return tableOf(rows, 'no processes')
}
