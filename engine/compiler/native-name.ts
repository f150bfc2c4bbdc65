/** How names read inside a native region. */
import { literal, make, type Node } from './ast.ts'
import type { Variable } from './scope.ts'

/** A name that none of the machine's can be. */
export function nativeName(variable: Variable): string {
  return variable.name.startsWith('$') ? `_${variable.name}` : variable.name
}

/** `f(x)` must not get the frame as its `this`. */
export function plain(before: Node, after: Node): Node {
  if (before.type !== 'Identifier' || after.type !== 'MemberExpression' || after.object.name === '$e') return after
  return make(after, 'SequenceExpression', { expressions: [literal(after, 0), after] })
}
