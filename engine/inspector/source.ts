/** A program's source as lines, marked where a process stands. */
import type { ProgramDebug } from '../program/program.ts'

export interface SourceLine {
  readonly number: number
  readonly text: string
  /** The process stands here. */
  readonly marked: boolean
}

export function markedSource(debug: ProgramDebug | undefined, lines: readonly number[]): readonly SourceLine[] {
  const marked = new Set(lines)
  return (debug?.source ?? []).flatMap(({ line, text }) =>
    text
      .split('\n')
      .map((content, index) => ({ number: line + index, text: content, marked: marked.has(line + index) })),
  )
}
