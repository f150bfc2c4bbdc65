/** One handler to one program: resolve, discover, place, lower, analyse, assemble. */
import { asStatement } from './lower/operand.ts'
import type { Op } from '../program/op.ts'
import type { CleanupRow, Program, ProgramDebug } from '../program/program.ts'
import { assign, make, member, literal, walk, type Node } from './ast.ts'
import { BindingTable } from './binding.ts'
import { Builder, slotNode, type DraftOp, type DraftRoutine } from './builder.ts'
import { addRoutine } from './discover.ts'
import { withoutUsingInHeads } from './for-using.ts'
import { refuseHandedOut } from './handed-out.ts'
import { refuseNotStored } from './not-stored.ts'
import { withoutChains } from './promise-chains.ts'
import { markPromises } from './promise-flow.ts'
import { refuseUnsupported } from './refuse-unsupported.ts'
import { analyseFlow, codesOf } from './liveness.ts'
import { lowerPattern } from './lower/assignment.ts'
import { Lowering } from './lower/lowering.ts'
import { lowerExpression } from './lower/expression.ts'
import { lowerBlock, lowerStatement } from './lower/statement.ts'
import { isRoutineOnly, placeVariables } from './place.ts'
import { printRegion, type Printed } from './print.ts'
import { resolveNames } from './scope.ts'
import type { RoutineUnit, Unit } from './unit.ts'

export interface CompiledUnit {
  readonly program: Program
  readonly debug: Omit<ProgramDebug, 'file' | 'path' | 'source'>
  readonly regions: readonly Printed[]
  /** Whether each region is from the text that the compiled object replaces. */
  readonly inPlace: readonly boolean[]
  /** Declarations of the module that came along. */
  readonly compiledIn: readonly Node[]
}

export function compileUnit(unit: Unit, handler: Node, replaced: Node): CompiledUnit {
  const func = withoutUsingInHeads(withoutChains(handler))
  resolveNames(func)
  if (unit.kind === 'process') bindHandlerParams(unit, func)
  markPromises(func)
  addRoutine(unit, func, unit.kind === 'process' ? 'handler' : unit.path)
  for (const routine of unit.routines.filter((each) => !each.parent)) refuseUnsupported(unit, routine.node)
  refuseHandedOut(unit)
  placeVariables(unit)
  const builder = new Builder()
  const bindings = new BindingTable(unit, builder)
  for (const routine of unit.routines) lowerRoutine(unit, builder, bindings, routine)
  checkSize(unit, builder, replaced)
  markNeeds(builder)
  return assemble(unit, builder, bindings, replaced)
}

/** The first parameter names dependencies, the third the process itself; neither is stored. */
function bindHandlerParams(unit: Unit, func: Node): void {
  const [dependencies, , context] = func.params as Node[]
  if (dependencies?.type === 'Identifier' && dependencies.variable) dependencies.variable.special = 'dependencies'
  else if (dependencies?.type === 'ObjectPattern') {
    for (const each of dependencies.properties as Node[]) {
      const target = each.type === 'Property' && !each.computed ? (each.value as Node) : undefined
      if (target?.type !== 'Identifier' || !target.variable) {
        unit.diagnostics.refuse(
          each,
          'COMPILE_DEPENDENCIES',
          'Dependencies are taken by name',
          'Write `async handler({ payments, mail: mailer }, params)`, without defaults, rest or nested patterns.',
        )
      } else target.variable.dependency = String(each.key.name ?? each.key.value)
    }
  } else if (dependencies) {
    unit.diagnostics.refuse(
      dependencies,
      'COMPILE_DEPENDENCIES',
      'The first parameter is the dependencies',
      'Write `async handler({ payments }, params)`.',
    )
  }
  if (context?.type === 'Identifier' && context.variable) context.variable.special = 'context'
  else if (context?.type === 'ObjectPattern') {
    for (const each of context.properties as Node[])
      if (each.value?.variable && each.key.name === 'publish') each.value.variable.special = 'publish'
  }
}

function lowerRoutine(unit: Unit, builder: Builder, bindings: BindingTable, routine: RoutineUnit): void {
  const l = new Lowering(unit, builder, routine, bindings, { expression: lowerExpression, statement: lowerStatement })
  const draft: DraftRoutine = { unit: routine, start: builder.ops.length, end: 0, remade: {} }
  builder.routines.push(draft)
  const { node } = routine
  ;(node.params as Node[]).forEach((param, index) => {
    const special = routine.index === 0 && unit.kind === 'process' && index !== 1
    if (special) return
    const args = slotNode(param, '$a')
    const rest = param.type === 'RestElement'
    const value = rest
      ? make(param, 'CallExpression', {
          callee: member(param, args, 'slice'),
          arguments: [literal(param, index)],
          optional: false,
        })
      : member(param, args, literal(param, index))
    const target = (rest ? param.argument : param) as Node
    if (target.suspends) lowerPattern(l, target, l.spill(value))
    else l.run(asStatement(defaulted(target, value)))
  })
  lowerBlock(l, node.body)
  l.emit({ op: 'return', origin: make(node, 'End', {}) })
  draft.end = builder.ops.length
  for (const [slot, variable] of routine.remade) {
    if (isRoutineOnly(variable) || !variable.init) continue
    const init = variable.init
    const declared = init.type === 'FunctionDeclaration'
    const type = declared ? 'FunctionExpression' : init.type === 'ClassDeclaration' ? 'ClassExpression' : init.type
    draft.remade[slot] = l.code(make(init, type, { ...init, type, ...(declared ? { id: null } : {}) }))
  }
}

/** `param = default` with the value as what is destructured. */
function defaulted(target: Node, value: Node): Node {
  if (target.type !== 'AssignmentPattern') return assign(target, target, value)
  return assign(
    target,
    make(target, 'ArrayPattern', { elements: [target] }),
    make(target, 'ArrayExpression', { elements: [value] }),
  )
}

/** Ops that read a `using` slot need its resource. */
function markNeeds(builder: Builder): void {
  for (const op of builder.ops) {
    const captured = new Set(codesOf(op).flatMap((code) => [...(builder.codes[code]?.resources ?? [])]))
    if (captured.size > 0) op.needs = [...captured]
  }
  builder.ops.forEach((acquire, start) => {
    if (acquire.op !== 'acquire') return
    const row = builder.rows.find((each) => each.kind === 'using' && each.from.pc === start + 1)
    if (!row) return
    for (let pc = row.from.pc as number; pc < (row.to.pc as number); pc++) {
      const op = builder.ops[pc] as DraftOp
      const slot = acquire.slot as string
      if (codesOf(op).some((code) => builder.codes[code]?.uses.has(slot)) || callsUserOf(builder, op, pc, slot))
        op.needs = [...(op.needs ?? []), slot]
    }
  })
}

/** Calls or spawns a routine that uses the slot of the frame around it. */
function callsUserOf(builder: Builder, op: DraftOp, pc: number, slot: string): boolean {
  const target = builder.routines.find((each) => each.unit.index === op.routine)
  const caller = builder.routines.find((each) => pc >= each.start && pc < each.end)
  return [...(target?.unit.captures ?? [])].some((each) => each.slot === slot && each.owner === caller?.unit.node)
}

function assemble(unit: Unit, builder: Builder, bindings: BindingTable, replaced: Node): CompiledUnit {
  const flow = analyseFlow(builder)
  refuseNotStored(unit.diagnostics, builder.routines, flow.live, builder.ops)
  const regions = builder.codes.map((each) => printRegion(each.node))
  const position = (node: Node): [number, number] => [node.loc?.start.line ?? 1, (node.loc?.start.column ?? 0) + 1]
  const program: Program = {
    isa: 1,
    kind: unit.kind,
    path: unit.path,
    params: unit.params,
    routines: builder.routines.map((each) => ({
      name: each.unit.name,
      start: each.start,
      end: each.end,
      ...(each.unit.parent ? { parent: each.unit.parent.index } : {}),
      ...(each.unit.boxes.size > 0
        ? { boxes: Object.fromEntries([...each.unit.boxes.values()].map((one) => [one.own, one.from])) }
        : {}),
      ...(Object.keys(each.remade).length > 0 ? { remade: each.remade } : {}),
    })),
    code: regions.map((each) => each.text),
    ops: builder.ops.map(finish),
    cleanup: builder.rows.map((row): CleanupRow => ({
      from: row.from.pc as number,
      to: row.to.pc as number,
      handler: row.handler.pc as number,
      slot: row.slot,
      kind: row.kind,
    })),
    live: flow.live,
    bindings: bindings.bindings,
    dependencies: [...bindings.dependencies].sort(),
    steps: builder.steps.map(({ origin: _origin, ...site }) => site),
    signals: builder.signals.map(({ pc: _pc, ...site }) => site),
    reach: flow.reach,
  }
  const slots: Record<string, [number, number]> = {}
  for (const routine of unit.routines)
    for (const variable of variablesOf(routine)) if (variable.slot) slots[variable.slot] ??= position(variable.node)
  return {
    program,
    regions,
    compiledIn: [...new Set([...bindings.compiledIn, ...moduleFunctions(unit)])],
    inPlace: builder.codes.map(({ node }) => node.start >= replaced.start && node.end <= replaced.end),
    debug: {
      positions: builder.ops.map((op) => position(op.origin)),
      steps: builder.steps.map((site) => position(site.origin)),
      slots,
      maps: regions.map((each) => each.map),
      warnings: unit.diagnostics.warnings.map(
        (each) => `${each.file}:${each.line}:${each.column} ${each.message}. ${each.hint}`,
      ),
    },
  }
}

/** Instructions of one handler: a hundred times what people write. */
const MAX_OPS = 10_000

function checkSize(unit: Unit, builder: Builder, replaced: Node): void {
  if (builder.ops.length <= MAX_OPS) return
  unit.diagnostics.refuse(
    replaced,
    'COMPILE_TOO_LARGE',
    `This handler becomes ${builder.ops.length} instructions; ${MAX_OPS} is the most that one may have`,
    'Loop over data instead of writing each step out, or give parts of it to routines or processes of their own.',
  )
  // Refused: nothing of it is looked at any more.
  const { ops, codes, rows, steps, signals, routines } = builder
  for (const list of [ops, codes, rows, steps, signals, routines]) list.length = 0
}

function moduleFunctions(unit: Unit): Node[] {
  return [...unit.moduleRoutines.keys()].flatMap((each) => unit.names.declarations.get(each)?.node ?? [])
}

function variablesOf(routine: RoutineUnit): { slot?: string; node: Node }[] {
  const found: { slot?: string; node: Node }[] = []
  walk(routine.node, (node) => {
    const scope = node.scope as { variables: Map<string, { slot?: string; node: Node }> } | undefined
    if (scope) found.push(...scope.variables.values())
  })
  return found
}

/** Labels become pcs. */
function finish(draft: DraftOp): Op {
  const { origin: _origin, target, otherwise, exits, arms, ...rest } = draft
  return {
    ...rest,
    ...(target ? { target: target.pc } : {}),
    ...(otherwise ? { otherwise: otherwise.pc } : {}),
    ...(exits ? { exits: exits.map((each) => each.pc) } : {}),
    ...(arms ? { arms: arms.map((each) => ({ code: each.code, target: each.target.pc })) } : {}),
  } as unknown as Op
}
