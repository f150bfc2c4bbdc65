/**
 * A program next to its source, for people: under each line the instructions it became, where they suspend, and which slots
 * are kept there. Rows are data, so that a terminal may colour them and a tool may read them.
 */
import type { Op } from './op.ts'
import { describeOp, STOPS } from './print-program.ts'
import type { Program, ProgramDebug, Routine } from './program.ts'

export type ListingRow =
  | { readonly kind: 'source'; readonly line: number; readonly text: string }
  /** From here on, instructions of this routine. */
  | { readonly kind: 'routine'; readonly name: string }
  | ListedOp

export interface ListedOp {
  readonly kind: 'op'
  readonly pc: number
  readonly line: number
  readonly op: Op['op']
  /** The instruction in the names of the source. */
  readonly text: string
  /** A process can stand here for long, and be stored. */
  readonly suspends: boolean
  /** Slots that are stored while it stands here. */
  readonly keeps: readonly string[]
}

/** Rows in the order of the source. */
export function listProgram(program: Program, debug: ProgramDebug): ListingRow[] {
  const ops = Map.groupBy(
    program.ops.map((op, pc) => listOp(program, op, pc, debug)),
    (each) => each.line,
  )
  const rows: ListingRow[] = []
  let routine = program.routines[0]
  const add = (each: ListedOp): void => {
    const own = program.routines.find(({ start, end }) => each.pc >= start && each.pc < end)
    if (own && own !== routine) rows.push({ kind: 'routine', name: routineName(program, own) })
    routine = own
    rows.push(each)
  }
  for (const piece of debug.source) {
    const indent = indentOf(piece.text)
    piece.text.split('\n').forEach((text, index) => {
      const line = piece.line + index
      rows.push({ kind: 'source', line, text: text.slice(Math.min(indent, leading(text))) })
      ops.get(line)?.forEach(add)
      ops.delete(line)
    })
  }
  for (const rest of ops.values()) rest.forEach(add)
  return rows
}

function routineName(program: Program, { name, parent }: Routine): string {
  const around = parent === undefined ? undefined : program.routines[parent]?.name
  return name === around ? `a function of ${name}` : name
}

function listOp(program: Program, op: Op, pc: number, debug: ProgramDebug): ListedOp {
  const suspends = STOPS.has(op.op)
  return {
    kind: 'op',
    pc,
    line: lineOf(program, op, pc, debug),
    op: op.op,
    text: inSourceNames(describeOp(program, op)),
    suspends,
    keeps: suspends ? (program.live[String(pc)] ?? []) : [],
  }
}

/** The end of a routine that returns nothing stands at its last line. */
function lineOf(program: Program, op: Op, pc: number, debug: ProgramDebug): number {
  const line = debug.positions[pc]?.[0] ?? 0
  if (op.op !== 'return' || op.code !== undefined) return line
  const own = program.routines.find(({ start, end }) => pc >= start && pc < end)
  const lines = debug.positions.slice(own?.start, own?.end).map(([each]) => each)
  const piece = own === program.routines[0] && debug.source.find((each) => isIn(each, line))
  return piece ? piece.line + piece.text.split('\n').length - 1 : Math.max(line, ...lines)
}

function isIn(piece: ProgramDebug['source'][number], line: number): boolean {
  return line >= piece.line && line < piece.line + piece.text.split('\n').length
}

/** `$.total` and `$i.payments` as they were written, without what only the machine needs. */
function inSourceNames(text: string): string {
  return text
    .replace(/ {2}\[[^\]]*\]$/, '')
    .replace(/\(0, ((?:\$[ibe]?\.)+[\w$]+)\)/g, '$1')
    .replace(/(?<![\w$]|(?<!\.\.)\.)(?:\$\.\$p\.(?:\$p\.)*|\$[ibe]?\.)(?=[A-Za-z_$])/g, '')
    .replace(/\$a\[(\d+)\]/g, 'arguments[$1]')
    .replace(/\b([A-Za-z_]\w*): \1\b/g, '$1')
    .replace(
      /^(.* = )?\{ (.*?);? \}(?=$| {2}exits )/,
      (_all, to: string | undefined, body: string) => (to ?? '') + body,
    )
    .replace(/\(([^|]*)\) -> (?=\d)/g, (all, inner: string) => (isBalanced(inner) ? `${inner} -> ` : all))
    .replace(/^\((.*)\)$/, (all, inner: string) => (isBalanced(inner) ? inner : all))
    .replace(/^(\S+ = )\((.*)\)$/, (all, to: string, inner: string) => (isBalanced(inner) ? to + inner : all))
}

/** Whether parentheses around it belong together. */
function isBalanced(text: string): boolean {
  let depth = 0
  for (const char of text) {
    if (char === '(') depth++
    if (char === ')' && --depth < 0) return false
  }
  return depth === 0
}

function leading(text: string): number {
  return text.length - text.trimStart().length
}

function indentOf(text: string): number {
  const lines = text.split('\n').filter((each) => each.trim() !== '')
  return Math.min(...lines.map(leading))
}

const PLACE = 6

/** The rows as text; `dim` may colour what is not source. */
export function printListing(rows: readonly ListingRow[], dim: (text: string) => string = (text) => text): string {
  return rows
    .map((row) => {
      if (row.kind === 'source') return `${String(row.line).padStart(PLACE - 2)}  ${row.text}`.trimEnd()
      if (row.kind === 'routine') return dim(`${' '.repeat(PLACE)}in ${row.name}`)
      return dim(printListed(row))
    })
    .join('\n')
}

function printListed(row: ListedOp): string {
  const mark = row.suspends ? '●' : ' '
  const start = `${mark.padStart(PLACE)} ${String(row.pc).padStart(4)}  ${row.op.padEnd(10)}`
  const text = `${start} ${row.text}`.trimEnd()
  if (!row.suspends) return text
  return `${text}\n${' '.repeat(start.length + 1)}keeps ${row.keeps.length > 0 ? row.keeps.join(', ') : 'nothing'}`
}
