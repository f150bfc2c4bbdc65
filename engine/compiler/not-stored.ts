/**
 * Locals that are needed after an await, and hold what can never be stored: functions in values, instances of local classes.
 * Functions of their own (`const f = ...`, `class C`) are made again; what is in a value is not.
 */
import { isFunction, walk, walkOwn, type Node } from './ast.ts'
import type { DraftOp, DraftRoutine } from './builder.ts'
import type { Diagnostics } from './diagnostic.ts'
import type { Variable } from './scope.ts'
import { flowsOf, type Flows } from './value-flow.ts'

export function refuseNotStored(
  diagnostics: Diagnostics,
  routines: readonly DraftRoutine[],
  live: Readonly<Record<string, readonly string[]>>,
  ops: readonly DraftOp[],
): void {
  const roots = new Set(routines.map(({ unit }) => rootOf(unit).node))
  const flows = [...roots].map(flowsOf)
  for (const routine of routines) {
    const variables = variablesOf(routine)
    for (const [slot, variable] of variables) {
      const found = kept(variable, flows)
      if (!found) continue
      const pc = ops.findIndex(
        (op, at) =>
          at > routine.start && at < routine.end && live[String(at)]?.includes(slot) === true && op.unsure !== true,
      )
      if (pc < 0) continue
      const line = ops[pc]?.origin.loc?.start.line ?? 1
      diagnostics.refuse(
        found[0],
        'COMPILE_NOT_STORED',
        `\`${variable.name}\` is needed after the await in line ${line}, and ${found[1]} cannot be stored`,
        'Keep a function in a `const` of its own, data in the value, and choose between them where it is called.',
      )
    }
  }
}

function rootOf(unit: DraftRoutine['unit']): DraftRoutine['unit'] {
  return unit.parent ? rootOf(unit.parent) : unit
}

/** Slots of plain values: functions made again, resources and per-iteration objects are none. */
function variablesOf({ unit }: DraftRoutine): Map<string, Variable> {
  const found = new Map<string, Variable>()
  walk(unit.node, (node) => {
    if (node !== unit.node && isFunction(node)) return false
    const scope = node.scope as { variables: Map<string, Variable> } | undefined
    for (const variable of scope?.variables.values() ?? []) {
      if (!variable.slot || variable.owner !== unit.node || variable.kind.endsWith('using')) continue
      if (!unit.remade.has(variable.slot)) found.set(variable.box ?? variable.slot, variable)
    }
    return true
  })
  return found
}

/** What it holds that cannot be stored, when everything that it may hold does. */
function kept(variable: Variable, flows: readonly Flows[]): readonly [Node, string] | undefined {
  const sources = flows.flatMap((each) => each.sources(variable))
  let found: readonly [Node, string] | undefined
  for (const { from, at } of sources) {
    if (isNothing(from)) continue
    const here = at.length === 0 ? unstorable(from) : undefined
    if (!here) return undefined
    found ??= here
  }
  return found
}

function isNothing(node: Node): boolean {
  return (node.type === 'Literal' && node.value === null) || (node.type === 'Identifier' && node.name === 'undefined')
}

function unstorable(node: Node): readonly [Node, string] | undefined {
  if (isFunction(node)) return node.async ? undefined : [node, 'a function']
  switch (node.type) {
    case 'ClassExpression':
      return [node, 'a class']
    case 'Identifier':
      return isLocalFunction(node) ? [node, 'a function in it'] : undefined
    case 'ArrayExpression':
      return first((node.elements as (Node | null)[]).map((each) => inside(each)))
    case 'ObjectExpression':
      return first(
        (node.properties as Node[]).map((each) => (each.kind === 'init' ? inside(each.value as Node) : undefined)),
      )
    case 'ConditionalExpression':
      return unstorable(node.consequent) && unstorable(node.alternate)
    case 'NewExpression':
      return isLocalClass(node.callee)
        ? [node, `an instance of the local class \`${String(node.callee.name)}\``]
        : undefined
    case 'CallExpression':
      return givesFunction(node) ? [node, 'a function that a call gives'] : undefined
    default:
      return undefined
  }
}

/** `adder(1)` of `const adder = (a) => (b) => a + b`, and `f.bind(...)` of a local function. */
function givesFunction({ callee }: Node): boolean {
  if (callee.type === 'MemberExpression')
    return !callee.computed && callee.property.name === 'bind' && isLocalFunction(callee.object)
  const func = callee.type === 'Identifier' && isLocalFunction(callee) ? (callee.variable.init as Node) : undefined
  if (!func) return false
  if (func.body.type !== 'BlockStatement') return isPlainFunction(func.body)
  const returned: (Node | null)[] = []
  walkOwn(func.body, (each) => {
    if (each.type === 'ReturnStatement') returned.push(each.argument)
  })
  return returned.length > 0 && returned.every((each) => each !== null && isPlainFunction(each))
}

function isPlainFunction(node: Node): boolean {
  return isFunction(node) ? !node.async : node.type === 'Identifier' && isLocalFunction(node)
}

function inside(node: Node | null): readonly [Node, string] | undefined {
  const found = node && unstorable(node)
  return found ? [found[0], found[1].endsWith(' in it') ? found[1] : `${found[1]} in it`] : undefined
}

function first(found: readonly (readonly [Node, string] | undefined)[]): readonly [Node, string] | undefined {
  return found.find((each) => each !== undefined)
}

function isLocalFunction({ variable }: Node): boolean {
  return isFunction(variable?.init) && !variable?.reassigned && !variable?.init?.async
}

/** Errors can be stored, whatever their class. */
function isLocalClass({ variable }: Node): boolean {
  const init = variable?.init
  return init?.type.startsWith('Class') === true && !init.superClass
}
