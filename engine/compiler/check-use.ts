/**
 * What a name may be used for: a handler may write its own locals and members of values, nothing of its module or of its
 * dependencies; and a function that awaits can be called, not handed on.
 */
import { copy, type Node } from './ast.ts'
import type { Unit } from './unit.ts'

/** Refuses assignments to what a handler does not own. */
export function checkTarget(unit: Unit, node: Node): void {
  const target = (node.type === 'UpdateExpression' ? node.argument : node.left) as Node
  copy(target, (each) => {
    if (each.type === 'MemberExpression') return each
    if (each.type === 'AssignmentPattern') checkTarget(unit, each)
    // A key is no target, though it may be written as one: `{ p: o.p }`.
    if (each.type === 'Property') checkTarget(unit, { ...each, left: each.value })
    if (each.type === 'AssignmentPattern' || each.type === 'Property') return each
    if (each.type === 'Identifier') checkWritable(unit, each)
    return undefined
  })
}

function checkWritable(unit: Unit, node: Node): void {
  const { variable } = node
  const text = node.name as string
  if (!variable && (unit.names.imports.has(text) || unit.names.declarations.has(text))) {
    unit.diagnostics.refuse(
      node,
      'COMPILE_ASSIGN_BINDING',
      `A handler cannot assign to \`${text}\`, which belongs to its module`,
      'A process may run on any node: keep the value in a local, or behind a service.',
    )
  } else if (variable && (variable.dependency !== undefined || variable.special)) {
    unit.diagnostics.refuse(
      node,
      'COMPILE_ASSIGN_DEPENDENCY',
      `A handler cannot assign to the injected \`${text}\``,
      'Use a local of another name.',
    )
  } else if (variable && ['const', 'using', 'await using'].includes(variable.kind)) {
    unit.diagnostics.refuse(node, 'COMPILE_ASSIGN_CONST', `\`${text}\` is a constant`, 'Declare it with `let`.')
  }
}

/** Refuses an awaiting function as a value: nobody could pause it there. */
export function refuseValue(unit: Unit, node: Node): void {
  unit.diagnostics.refuse(
    node,
    'COMPILE_ASYNC_CALLBACK',
    `\`${String(node.name)}\` awaits, so it can be called here but not handed to unknown code`,
    'Use a loop or `await Promise.all(items.map(async (item) => ...))`, or move the function to a service.',
  )
}
