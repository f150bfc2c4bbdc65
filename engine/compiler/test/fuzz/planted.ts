/** Compiler bugs planted into programs on purpose: the fuzzer has to find each of them. */
import type { Op } from '../../../program/op.ts'
import type { Program } from '../../../program/program.ts'

type Mutation = (program: Program) => Program

const ops =
  (change: (op: Op, pc: number, program: Program) => Op): Mutation =>
  (program) => ({
    ...program,
    ops: program.ops.map((op, pc) => change(op, pc, program)),
  })

const code =
  (from: RegExp | string, to: string): Mutation =>
  (program) => ({
    ...program,
    code: program.code.map((text) => text.replaceAll(from, to)),
  })

const live =
  (change: (slots: readonly string[]) => readonly string[]): Mutation =>
  (program) => ({
    ...program,
    live: Object.fromEntries(Object.entries(program.live).map(([pc, slots]) => [pc, change(slots)])),
  })

const rows =
  (change: (row: Program['cleanup'][number]) => Program['cleanup'][number] | undefined): Mutation =>
  (program) => ({
    ...program,
    cleanup: program.cleanup.flatMap((row) => change(row) ?? []),
  })

export const planted: Readonly<Record<string, Mutation>> = {
  'a local is not kept': live((slots) => slots.filter((slot) => slot !== 'v0')),
  'the log is not kept': live((slots) => slots.filter((slot) => slot !== 'log')),
  'the last live slot is not kept': live((slots) => slots.slice(0, -1)),
  'temporaries are not kept': live((slots) => slots.filter((slot) => !slot.startsWith('$'))),
  'loop positions are not kept': live((slots) => slots.filter((slot) => slot !== '$3')),
  'parameters are not kept': live((slots) => slots.filter((slot) => !slot.startsWith('p'))),
  'nothing is kept': live(() => []),
  'branches are inverted': ops((op) => (op.op === 'jumpIf' ? { ...op, when: !op.when } : op)),
  'branches into the wrong place': ops((op) => (op.op === 'jumpIf' ? { ...op, target: op.target + 1 } : op)),
  'branches are never taken': ops((op, pc) => (op.op === 'jumpIf' ? { op: 'jump', target: pc + 1 } : op)),
  'joins race': ops((op) => (op.op === 'join' ? { ...op, mode: 'race' } : op)),
  'jumps are left out': ops((op, pc) => (op.op === 'jump' ? { ...op, target: pc + 1 } : op)),
  'exits are swapped': ops((op) => (op.op === 'exec' && op.exits ? { ...op, exits: op.exits.toReversed() } : op)),
  'exits go one too far': ops((op) =>
    op.op === 'exec' && op.exits ? { ...op, exits: op.exits.map((exit) => exit + 1) } : op,
  ),
  'exits are ignored': ops((op, pc) =>
    op.op === 'exec' && op.exits ? { ...op, exits: op.exits.map(() => pc + 1) } : op,
  ),
  'results of steps are lost': ops((op) => (op.op === 'await' ? { op: 'await', code: op.code, step: op.step } : op)),
  'results of routines are lost': ops((op) =>
    op.op === 'call' ? { op: 'call', routine: op.routine, args: op.args } : op,
  ),
  'results of joins are lost': ops((op) => (op.op === 'join' ? { op: 'join', code: op.code, mode: op.mode } : op)),
  'joins settle': ops((op) => (op.op === 'join' ? { ...op, mode: 'allSettled' } : op)),
  'calls go to the handler': ops((op) => (op.op === 'call' ? { ...op, routine: Math.max(0, op.routine - 1) } : op)),
  'a finally ends without its completion': ops((op, pc) =>
    op.op === 'endFinally' ? { op: 'jump', target: pc + 1 } : op,
  ),
  'catch rows are missing': rows((row) => (row.kind === 'catch' ? undefined : row)),
  'finally rows are missing': rows((row) => (row.kind === 'finally' ? undefined : row)),
  'rows end too early': rows((row) => ({ ...row, to: row.to - 2 })),
  'rows begin one too late': rows((row) => ({ ...row, from: row.from + 1 })),
  'local functions are not made again': (program) => ({
    ...program,
    routines: program.routines.map(({ remade: _remade, ...routine }) => routine),
  }),
  'rows are outermost first': (program) => ({ ...program, cleanup: program.cleanup.toReversed() }),
  'errors are not stored': rows((row) => (row.kind === 'catch' ? { ...row, slot: '$lost' } : row)),
  'arms of races are swapped': ops((op) =>
    op.op === 'race'
      ? { ...op, arms: op.arms.map((arm, i) => ({ ...arm, target: op.arms.at(i - 1)?.target ?? 0 })) }
      : op,
  ),
  'arms that wait are left out': ops((op) => (op.op === 'race' ? { ...op, arms: op.arms.slice(0, 1) } : op)),
  'payloads of waits are lost': ops((op) => (op.op === 'wait' ? { op: 'wait', code: op.code } : op)),
  'resources are not acquired again': ops((op) => ({ ...op, needs: [] })),
  'resources are not released': ops((op, pc) => (op.op === 'release' ? { op: 'jump', target: pc + 1 } : op)),
  'waits are left out': ops((op, pc) => (op.op === 'wait' ? { op: 'jump', target: pc + 1 } : op)),
  'per-iteration objects are not taken over': (program) => ({
    ...program,
    routines: program.routines.map(({ boxes: _boxes, ...routine }) => routine),
  }),
  'operands of calls are not kept': (program) => ({
    ...program,
    live: Object.fromEntries(
      Object.entries(program.live).map(([pc, slots]) => [
        pc,
        program.ops[Number(pc)]?.op === 'await' ? slots.filter((slot) => !/^\$\d+$/.test(slot)) : slots,
      ]),
    ),
  }),
  'loops count twice': code(/\$e\.advance\((\S+?)\)/g, '($e.advance($1) && $e.advance($1))'),
  'returns give nothing': code(/return \[[^;]*\];/g, 'return [undefined];'),
  'logical operators look at nothing': code(/ != null/g, ' == null'),
}
