/** Rows as aligned text, for eyes and for `grep`. */

/** Under the names of their keys, or, for one row, `down`: a line for each key. Without rows an empty text. */
export function columns(rows: readonly object[], direction: 'across' | 'down' = 'across'): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  if (direction === 'down') return aligned(rows.flatMap((row) => names.map((name) => [name, cellOf(row, name)])))
  if (rows.length === 0) return ''
  return aligned([
    names.map((name) => name.toUpperCase()),
    ...rows.map((row) => names.map((name) => cellOf(row, name))),
  ])
}

/** Lines of cells, each as wide as the widest of its column. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...lines.map((line) => Bun.stringWidth(line[column] ?? '')))
  const widths = (lines[0] ?? []).map((_, column) => width(column))
  const padded = (cell: string, column: number) => cell + ' '.repeat((widths[column] ?? 0) - Bun.stringWidth(cell))
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n')
}

function cellOf(row: object, name: string): string {
  const value = (row as Readonly<Record<string, unknown>>)[name]
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
