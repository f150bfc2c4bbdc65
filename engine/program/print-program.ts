/** A program as people read it: each op with its source line, its code, where it waits, and what is kept there. */
import type { Op } from './op.ts'
import type { Program, ProgramDebug } from './program.ts'

/** `debug` adds source lines: without it, pcs are all there is. */
export function printProgram(program: Program, debug?: ProgramDebug): string {
  const heading = `${program.kind} ${program.path}${debug ? `  (${debug.file})` : ''}`
  const routines = program.routines.map((routine) => {
    const parent = routine.parent === undefined ? '' : `  in ${program.routines[routine.parent]?.name ?? ''}`
    const ops = program.ops
      .slice(routine.start, routine.end)
      .flatMap((op, index) => printOp(program, op, routine.start + index, debug))
    return [`${routine.name}${parent}`, ...ops].join('\n')
  })
  const rows = program.cleanup.map((row) => `  ${row.kind} ${row.from}..${row.to} -> ${row.handler} (${row.slot})`)
  const sections = [heading, ...routines]
  if (rows.length > 0) sections.push(['cleanup', ...rows].join('\n'))
  if (program.bindings.length > 0)
    sections.push(
      [
        'bindings',
        ...program.bindings.map(
          (each) => `  ${each.name} = ${each.origin}${each.code === undefined ? '' : ' (compiled in)'}`,
        ),
      ].join('\n'),
    )
  return `${sections.join('\n\n')}\n`
}

/** Ops that a process can stand at. */
export const STOPS: ReadonlySet<Op['op']> = new Set<Op['op']>(['await', 'wait', 'race', 'join', 'acquire', 'release'])

function printOp(program: Program, op: Op, pc: number, debug: ProgramDebug | undefined): string[] {
  const line = debug?.positions[pc]?.[0]
  const mark = STOPS.has(op.op) ? '●' : ' '
  const start = `${mark} ${String(pc).padStart(3)} ${line === undefined ? '' : `${String(line).padStart(4)}: `}${op.op.padEnd(9)}`
  const live = program.live[String(pc)]
  const kept =
    STOPS.has(op.op) && live
      ? [`${' '.repeat(start.length - 9)}keeps ${live.length > 0 ? live.join(', ') : 'nothing'}`]
      : []
  return [`${start} ${describeOp(program, op)}`.trimEnd(), ...kept]
}

/** One op with its code, on one line. */
export function describeOp(program: Program, op: Op): string {
  const code = (index: number): string => (program.code[index] ?? '').replace(/\s+/g, ' ').trim()
  const to = 'to' in op && op.to !== undefined ? `${op.to} = ` : ''
  switch (op.op) {
    case 'exec':
      return code(op.code) + (op.exits ? `  exits ${op.exits.join(', ')}` : '')
    case 'jump':
      return `-> ${op.target}`
    case 'jumpIf':
      return `-> ${op.target} ${op.when ? 'if' : 'unless'} ${code(op.code)}`
    case 'await':
      return `${to}${code(op.code)}  [${program.steps[op.step]?.name ?? ''}]`
    case 'race':
      return [
        ...op.arms.map((arm) => `${code(arm.code)} -> ${arm.target}`),
        ...(op.otherwise === undefined ? [] : [`otherwise -> ${op.otherwise}`]),
      ].join(' | ')
    case 'call':
    case 'spawn':
      return `${to}${program.routines[op.routine]?.name ?? ''}${code(op.args)}`
    case 'spawnEach':
      return `${to}${program.routines[op.routine]?.name ?? ''} for each of ${code(op.code)}`
    case 'join':
      return `${to}${op.mode} ${code(op.code)}`
    case 'acquire':
    case 'listen':
      return `${op.slot} = ${code(op.code)}`
    case 'release':
    case 'endFinally':
      return op.slot
    case 'return':
      return op.code === undefined ? '' : code(op.code)
    default:
      return `${to}${code(op.code)}`
  }
}
