/** What the compiler has to say about a source file: refusals (it compiles nothing then) and warnings. */
import { EngineError } from '../errors.ts'
import type { Node } from './ast.ts'
import { nameError } from '../name-error.ts'

export interface Diagnostic {
  /** `COMPILE_...`: stable, with a page under docs/errors. */
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** The lines around it, with a marker. */
  readonly frame: string
}

/** Refusals of one file, all of them at once. */
export class CompileError extends EngineError {
  static {
    nameError(this, 'CompileError')
  }

  readonly code = 'ENGINE_COMPILE'
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(describe).join('\n\n'))
    this.diagnostics = diagnostics
  }
}

/** `file:line:col - CODE: message`, the code frame, the hint. */
export function describe(diagnostic: Diagnostic): string {
  const { file, line, column, code, message, frame, hint } = diagnostic
  return `${file}:${line}:${column} - ${code}: ${message}\n${frame}\nHint: ${hint} (docs/errors/${code}.md)`
}

/** Collects the diagnostics of one file. */
export class Diagnostics {
  readonly refusals: Diagnostic[] = []
  readonly warnings: Diagnostic[] = []
  private readonly file: string
  private readonly lines: readonly string[]

  constructor(file: string, source: string) {
    this.file = file
    this.lines = source.split('\n')
  }

  refuse(node: Node, code: string, message: string, hint: string): void {
    const found = this.at(node, code, message, hint)
    if (!this.refusals.some((other) => describe(other) === describe(found))) this.refusals.push(found)
  }

  warn(node: Node, code: string, message: string, hint: string): void {
    this.warnings.push(this.at(node, code, message, hint))
  }

  private at(node: Node, code: string, message: string, hint: string): Diagnostic {
    const line = node.loc?.start.line ?? 1
    const column = (node.loc?.start.column ?? 0) + 1
    return { code, message, hint, file: this.file, line, column, frame: this.frame(line, column) }
  }

  private frame(line: number, column: number): string {
    const from = Math.max(1, line - 2)
    const shown = this.lines.slice(from - 1, line + 1)
    const width = String(line + 1).length
    return shown
      .flatMap((text, index) => {
        const number = from + index
        const row = `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`
        return number === line ? [row, `  ${' '.repeat(width)} | ${' '.repeat(column - 1)}^`] : [row]
      })
      .join('\n')
  }
}
