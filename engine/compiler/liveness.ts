/**
 * Which slots a frame must keep while it stands at an op: backward dataflow over the ops, exceptional edges included. Also
 * which signals are still reachable from there.
 */
import type { Builder, DraftOp, DraftRoutine } from './builder.ts'
import type { RoutineUnit } from './unit.ts'

export interface Flow {
  readonly live: Record<string, string[]>
  readonly reach: Record<string, number[]>
}

const STANDS = new Set(['await', 'wait', 'race', 'call', 'join', 'acquire', 'release'])

export function analyseFlow(builder: Builder): Flow {
  const { ops } = builder
  const before: Set<string>[] = ops.map(() => new Set())
  const facts = ops.map((op, pc) => factsOf(builder, op, pc))
  for (let changed = true; changed;) {
    changed = false
    for (let pc = ops.length - 1; pc >= 0; pc--) if (flowInto(pc, facts, before)) changed = true
  }
  const live: Record<string, string[]> = {}
  const reach: Record<string, number[]> = {}
  const reached = reachable(builder, facts)
  for (const routine of builder.routines) {
    const hidden = hiddenSlots(builder, routine)
    const floating = [...routine.unit.floats].flatMap((each) => neededBy(each, routine.unit))
    for (let pc = routine.start; pc < routine.end; pc++) {
      const op = ops[pc] as DraftOp
      if (!STANDS.has(op.op) && !op.needs && pc !== routine.start) continue
      const fact = facts[pc] as Facts
      // An op whose resource is acquired again first stands before its operands were read.
      const isRead = ['wait', 'race', 'call'].includes(op.op) && !op.needs
      const kept = isRead ? standing(fact, before) : (before[pc] as Set<string>)
      const race = op.op === 'race' && op.to !== undefined ? [op.to] : []
      live[pc] = [...new Set([...kept, ...race, ...fact.captured, ...floating])]
        .filter((slot) => !hidden.has(slot))
        .sort()
      reach[pc] = [...(reached[pc] as Set<number>)].sort((a, b) => a - b)
    }
  }
  return { live, reach }
}

interface Facts {
  readonly uses: ReadonlySet<string>
  readonly defines: ReadonlySet<string>
  readonly captured: readonly string[]
  /** Where control goes when the op ended normally. */
  readonly next: readonly number[]
  /** Handlers that an error or jump out of the op may enter, with the slot it defines there. */
  readonly handlers: readonly { readonly pc: number; readonly slot: string }[]
  readonly calls: readonly number[]
}

function factsOf(builder: Builder, op: DraftOp, pc: number): Facts {
  const uses = new Set<string>()
  const defines = new Set<string>()
  for (const index of codesOf(op)) for (const slot of builder.codes[index]?.uses ?? []) uses.add(slot)
  if (op.op === 'exec') for (const slot of builder.codes[op.code as number]?.defines ?? []) defines.add(slot)
  if (op.to !== undefined) (op.op === 'race' ? uses : defines).add(op.to)
  if (op.op === 'acquire' || op.op === 'listen') defines.add(op.slot as string)
  if (op.op === 'endFinally') uses.add(op.slot as string)
  if (op.op === 'release') {
    uses.add(op.completion as string)
    uses.add(op.slot as string)
  }
  const routine = builder.routines.find((each) => pc >= each.start && pc < each.end)
  const target = op.routine === undefined ? undefined : builder.routines.find((each) => each.unit.index === op.routine)
  const captured = target && routine ? neededBy(target.unit, routine.unit) : []
  for (const slot of captured) uses.add(slot)
  for (const slot of operandsOfOpenResources(builder, pc)) uses.add(slot)
  return {
    uses,
    defines,
    captured,
    next: successors(builder, op, pc),
    handlers: handlersOf(builder, pc),
    calls: target ? [target.start] : [],
  }
}

export function codesOf(op: DraftOp): number[] {
  const found: number[] = []
  if (op.code !== undefined) found.push(op.code)
  if (op.args !== undefined) found.push(op.args)
  for (const arm of op.arms ?? []) found.push(arm.code)
  return found
}

/** Slots of a routine's frame that a routine it calls or starts reads: captured variables, and boxes passed through. */
function neededBy(target: RoutineUnit, routine: RoutineUnit): string[] {
  const captured = [...target.captures].filter((each) => each.owner === routine.node)
  const passed = calledFrom(target, new Set())
    .filter((each) => each.parent === routine)
    .flatMap((each) => [...each.boxes.values()].map((box) => box.from))
  return [...captured.map((each) => each.box ?? (each.slot as string)), ...passed]
}

function calledFrom(routine: RoutineUnit, seen: Set<RoutineUnit>): RoutineUnit[] {
  if (seen.has(routine)) return []
  seen.add(routine)
  return [routine, ...[...routine.calls, ...routine.floats].flatMap((each) => calledFrom(each, seen))]
}

/** While a resource is open it may have to be acquired again: with the operands of its declaration. */
function operandsOfOpenResources(builder: Builder, pc: number): string[] {
  return builder.rows.flatMap((row) => {
    if (row.kind !== 'using' || pc < (row.from.pc as number) || pc >= (row.to.pc as number)) return []
    const acquire = builder.ops[(row.from.pc as number) - 1]
    return acquire?.op === 'acquire' ? [...(builder.codes[acquire.code as number]?.uses ?? [])] : []
  })
}

function successors(builder: Builder, op: DraftOp, pc: number): number[] {
  switch (op.op) {
    case 'jump':
      return [op.target?.pc as number]
    case 'jumpIf':
      return [pc + 1, op.target?.pc as number]
    case 'race':
      return [
        ...(op.arms ?? []).map((arm) => arm.target.pc as number),
        ...(op.otherwise ? [op.otherwise.pc as number] : []),
      ]
    case 'return':
    case 'throw':
      return []
    case 'exec':
      return [pc + 1, ...(op.exits ?? []).flatMap((exit) => crossing(builder, pc, exit.pc as number))]
    case 'endFinally':
      return [pc + 1, ...leavesThrough(builder, op.slot as string)]
    default:
      return [pc + 1]
  }
}

/** First place a jump from `pc` to `target` goes to: a finally it crosses, or the target. */
function crossing(builder: Builder, pc: number, target: number): number[] {
  const row = builder.rows.find((each) => each.kind !== 'catch' && covers(each, pc) && !covers(each, target))
  return [row ? (row.handler.pc as number) : target]
}

function covers(row: Builder['rows'][number], pc: number): boolean {
  return pc >= (row.from.pc as number) && pc < (row.to.pc as number)
}

/** Targets of the jumps that may pass through the finally block with this completion slot. */
function leavesThrough(builder: Builder, slot: string): number[] {
  const row = builder.rows.find((each) => each.slot === slot && each.kind !== 'catch')
  if (!row) return []
  return builder.ops.flatMap((op, pc) =>
    covers(row, pc) ? (op.exits ?? []).map((exit) => exit.pc as number).filter((target) => !covers(row, target)) : [],
  )
}

function handlersOf(builder: Builder, pc: number): { pc: number; slot: string }[] {
  const found: { pc: number; slot: string }[] = []
  for (const row of builder.rows) if (covers(row, pc)) found.push({ pc: row.handler.pc as number, slot: row.slot })
  return found
}

function flowInto(pc: number, facts: readonly Facts[], before: Set<string>[]): boolean {
  const fact = facts[pc] as Facts
  const at = before[pc] as Set<string>
  const size = at.size
  for (const slot of fact.uses) at.add(slot)
  for (const next of fact.next) for (const slot of before[next] ?? []) if (!fact.defines.has(slot)) at.add(slot)
  addHandlers(fact, before, at)
  return at.size > size
}

function addHandlers(fact: Facts, before: readonly Set<string>[], into: Set<string>): void {
  for (const handler of fact.handlers)
    for (const slot of before[handler.pc] ?? []) if (slot !== handler.slot) into.add(slot)
}

/** What stays needed once the op's own operands were read. */
function standing(fact: Facts, before: readonly Set<string>[]): Set<string> {
  const kept = new Set<string>()
  for (const next of fact.next) for (const slot of before[next] ?? []) if (!fact.defines.has(slot)) kept.add(slot)
  addHandlers(fact, before, kept)
  return kept
}

/** Slots that are never stored: local functions and classes, live resources. */
function hiddenSlots(builder: Builder, routine: DraftRoutine): Set<string> {
  const hidden = new Set(routine.unit.remade.keys())
  for (let pc = routine.start; pc < routine.end; pc++) {
    const op = builder.ops[pc] as DraftOp
    if (op.op === 'acquire') hidden.add(op.slot as string)
  }
  return hidden
}

function reachable(builder: Builder, facts: readonly Facts[]): Set<number>[] {
  const reached = facts.map(() => new Set<number>())
  builder.signals.forEach((signal, index) => reached[signal.pc]?.add(index))
  for (let changed = true; changed;) {
    changed = false
    for (let pc = facts.length - 1; pc >= 0; pc--) {
      const at = reached[pc] as Set<number>
      const size = at.size
      const fact = facts[pc] as Facts
      for (const next of [...fact.next, ...fact.calls, ...fact.handlers.map((each) => each.pc)])
        for (const each of reached[next] ?? []) at.add(each)
      if (at.size > size) changed = true
    }
  }
  return reached
}
