/** What commands write: results to the standard output, whole even into a pipe, as text or as JSON. */
import { columns } from '@justscale/core/cli'

/** Resolves once the text is with the reader. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, () => resolve()))
}

/** `data` as JSON, or as the text that says the same to people. */
export function printResult(json: boolean, data: unknown, text: () => string): Promise<void> {
  return print(json ? JSON.stringify(data, null, 2) : text())
}

/** Rows in columns under their names; `none` where there are no rows. */
export function tableOf(rows: readonly object[], none: string): string {
  return rows.length === 0 ? none : columns(rows)
}
