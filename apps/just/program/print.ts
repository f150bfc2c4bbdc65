/** What commands write: results to the standard output, whole even into a pipe, as text or as JSON. */

/** Resolves once the text is with the reader. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, () => resolve()))
}

/** `data` as JSON, or as the text that says the same to people. */
export function printResult(json: boolean, data: unknown, text: () => string): Promise<void> {
  return print(json ? JSON.stringify(data, null, 2) : text())
}

/** Rows in columns under their names, for eyes and for `grep`; `none` where there are no rows. */
export function tableOf(rows: readonly object[], none: string): string {
  const [first] = rows
  if (first === undefined) return none
  const names = Object.keys(first)
  const cells = rows.map((row) => names.map((name) => textOf((row as Readonly<Record<string, unknown>>)[name])))
  const lines = [names.map((name) => name.toUpperCase()), ...cells]
  const widths = names.map((_, column) => Math.max(...lines.map((line) => Bun.stringWidth(line[column] ?? ''))))
  return lines
    .map((line) =>
      line
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(width - Bun.stringWidth(cell))
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
