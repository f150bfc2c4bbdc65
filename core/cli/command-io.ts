/** What a command writes: lines for people, and results, which with `--json` are all that is on the standard output. */
import { columns } from './columns.ts'

export interface CommandIo {
  /** A line for people: on the standard output, or on the standard error with `--json`. */
  log(text: string): void
  /** A line on the standard error. */
  error(text: string): void
  /** Rows in columns under their names; with `--json` a result. */
  table(rows: readonly object[]): void
  /** Prints a value as what the handler returns is printed. */
  result(value: unknown): void
  /** Whether `--json` was given. */
  readonly json: boolean
}

/** Where the text goes; tests collect it. */
export interface Output {
  out(text: string): void
  error(text: string): void
}

export function commandIo(output: Output, json: boolean): CommandIo {
  const result = (value: unknown) => {
    const text = value === undefined ? '' : json ? JSON.stringify(value, null, 2) : resultText(value)
    if (text !== '') output.out(text)
  }
  return {
    json,
    log: (text) => (json ? output.error(text) : output.out(text)),
    error: (text) => output.error(text),
    table: (rows) => (json ? result(rows) : output.out(columns(rows))),
    result,
  }
}

/** Text as it is, rows in columns, an object as one line for each of its keys. */
function resultText(value: unknown): string {
  const plain: unknown = typeof value === 'object' ? (JSON.parse(JSON.stringify(value)) as unknown) : value
  if (typeof plain !== 'object' || plain === null) return String(plain)
  if (!Array.isArray(plain)) return columns([plain], 'down')
  return plain.every((row) => typeof row === 'object' && row !== null) ? columns(plain as object[]) : plain.join('\n')
}
