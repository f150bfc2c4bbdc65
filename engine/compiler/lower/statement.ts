/** Statements. What contains no suspension goes into the region as it is, with its jumps out of it as the region's exits. */
import { assign, copy, isFunction, literal, make, nothing, returning, array, type Node } from '../ast.ts'
import { isRaceSwitch } from '../suspension.ts'
import { label } from '../builder.ts'
import { isRoutineOnly } from '../place.ts'
import { lowerPattern } from './assignment.ts'
import { asStatement, isStable } from './operand.ts'
import { lowerDoWhile, lowerFor, lowerForIn, lowerForOf, lowerWhile } from './loop.ts'
import type { JumpTarget, Lowering } from './lowering.ts'
import { refusePlace } from './refuse-place.ts'
import { lowerRace } from './race.ts'
import { lowerSwitch } from './switch.ts'
import { lowerTry } from './try.ts'
import { lowerUsing } from './using.ts'

export function lowerStatement(l: Lowering, node: Node): void {
  if (!node.suspends) return native(l, node)
  const labels = l.labels
  l.labels = []
  switch (node.type) {
    case 'ExpressionStatement': {
      const value = l.expression(node.expression)
      if (value.type !== 'Slot') l.run(asStatement(value))
      return
    }
    case 'VariableDeclaration':
      return lowerDeclaration(l, node)
    case 'BlockStatement':
      return lowerBlock(l, node, labels)
    case 'IfStatement':
      return lowerIf(l, node, labels)
    case 'ReturnStatement': {
      const value = l.expression(node.argument)
      l.flush()
      l.emit({ op: 'return', code: l.code(value), origin: node })
      return
    }
    case 'ThrowStatement': {
      const value = l.expression(node.argument)
      l.flush()
      l.emit({ op: 'throw', code: l.code(value), origin: node })
      return
    }
    case 'LabeledStatement': {
      l.labels = [...labels, node.label.name as string]
      return lowerStatement(l, node.body)
    }
    case 'WhileStatement':
      return lowerWhile(l, node, labels)
    case 'DoWhileStatement':
      return lowerDoWhile(l, node, labels)
    case 'ForStatement':
      return lowerFor(l, node, labels)
    case 'ForInStatement':
      return lowerForIn(l, node, labels)
    case 'ForOfStatement':
      return lowerForOf(l, node, labels)
    case 'SwitchStatement':
      return isRaceSwitch(l.unit, node) ? lowerRace(l, node, labels) : lowerSwitch(l, node, labels)
    case 'TryStatement':
      return labelled(l, labels, () => lowerTry(l, node))
    default:
      refusePlace(l, node)
  }
}

/** Runs `body` with a target for labelled breaks, when the statement has labels. */
export function labelled(l: Lowering, labels: readonly string[], body: () => void): void {
  if (labels.length === 0) return body()
  const leave = label()
  l.targets.push({ labels, leave, labelledOnly: true })
  body()
  l.targets.pop()
  l.place(leave)
}

export function lowerBlock(l: Lowering, node: Node, labels: readonly string[] = []): void {
  labelled(l, labels, () => {
    l.openBox(node)
    lowerStatements(l, node.body as Node[])
  })
}

/** Statements of one block: its functions first, then in order; `using` takes the rest of the block with it. */
export function lowerStatements(l: Lowering, body: readonly Node[]): void {
  for (const each of body) if (each.type === 'FunctionDeclaration' && !isRoutineOnly(each.id.variable)) l.run(each)
  lowerRest(l, body)
}

function lowerRest(l: Lowering, body: readonly Node[]): void {
  for (const [index, each] of body.entries()) {
    if (each.type === 'FunctionDeclaration') continue
    if (each.type === 'VariableDeclaration' && (each.kind === 'using' || each.kind === 'await using')) {
      return lowerUsing(l, each, () => lowerRest(l, body.slice(index + 1)))
    }
    lowerStatement(l, each)
  }
}

function lowerDeclaration(l: Lowering, node: Node): void {
  for (const each of node.declarations as Node[]) {
    if (!each.suspends) l.run(make(node, node.type, { kind: node.kind, declarations: [each] }))
    else declare(l, each.id, l.expression(each.init))
  }
}

function declare(l: Lowering, target: Node, value: Node): void {
  if (!target.suspends) l.run(asStatement(assign(target, target, value)))
  else lowerPattern(l, target, isStable(value) ? value : l.spill(value))
}

function lowerIf(l: Lowering, node: Node, labels: readonly string[]): void {
  labelled(l, labels, () => {
    const other = label()
    const end = label()
    l.jumpIf(l.expression(node.test), other, false)
    lowerStatement(l, node.consequent)
    if (node.alternate) l.jump(node, end)
    l.place(other)
    if (node.alternate) lowerStatement(l, node.alternate)
    l.place(end)
  })
}

const LOOPS = new Set(['ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement', 'DoWhileStatement'])

/** A statement without suspension: code of the region. Jumps out of it become the region's result. */
function native(l: Lowering, node: Node): void {
  const labels = l.labels
  l.labels = []
  if (node.type === 'FunctionDeclaration') return
  const wrapped = labels.reduceRight(
    (body, text) =>
      make(node, 'LabeledStatement', {
        label: { type: 'Identifier', name: text, start: node.start, end: node.end },
        body,
      }),
    node,
  )
  l.run(escapedBody(l, wrapped, [], false, false))
}

function escaped(
  l: Lowering,
  node: Node,
  labels: readonly string[],
  inLoop: boolean,
  inSwitch: boolean,
): Node | undefined {
  if (isFunction(node) || node.type.startsWith('Class')) return node
  if (node.type === 'ReturnStatement') return returning(node, array(node, [node.argument ?? nothing(node)]))
  if (node.type === 'LabeledStatement') {
    return make(node, node.type, {
      label: node.label,
      body: escapedBody(l, node.body, [...labels, node.label.name as string], inLoop, inSwitch),
    })
  }
  if (node.type === 'BreakStatement' || node.type === 'ContinueStatement')
    return escapedJump(l, node, labels, inLoop, inSwitch)
  if (LOOPS.has(node.type) && !inLoop) return escapedBelow(l, node, labels, true, true)
  if (node.type === 'SwitchStatement' && !inSwitch) return escapedBelow(l, node, labels, inLoop, true)
  return undefined
}

function escapedBody(l: Lowering, node: Node, labels: readonly string[], inLoop: boolean, inSwitch: boolean): Node {
  return copy(node, (each) => escaped(l, each, labels, inLoop, inSwitch))
}

function escapedBelow(l: Lowering, node: Node, labels: readonly string[], inLoop: boolean, inSwitch: boolean): Node {
  return copy(node, (each) => (each === node ? undefined : escaped(l, each, labels, inLoop, inSwitch)))
}

function escapedJump(
  l: Lowering,
  node: Node,
  labels: readonly string[],
  inLoop: boolean,
  inSwitch: boolean,
): Node | undefined {
  const wanted = node.label?.name as string | undefined
  const isBreak = node.type === 'BreakStatement'
  if (wanted !== undefined ? labels.includes(wanted) : isBreak ? inSwitch : inLoop) return undefined
  const target = findTarget(l.targets, wanted, isBreak)
  const at = isBreak ? target?.leave : target?.again
  return at ? returning(node, literal(node, l.exit(at))) : undefined
}

function findTarget(
  targets: readonly JumpTarget[],
  wanted: string | undefined,
  isBreak: boolean,
): JumpTarget | undefined {
  return targets.findLast((each) =>
    wanted !== undefined ? each.labels.includes(wanted) : isBreak ? !each.labelledOnly : each.again !== undefined,
  )
}
