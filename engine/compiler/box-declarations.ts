/** Closures keep the per-iteration object of their own turn: a region takes it from the frame once, at its start. */
import { make, member, name, type Node } from './ast.ts'

/** Puts `const $3 = $.$3` before the statements, for each of `boxes`. */
export function declareBoxes(body: Node[], boxes: Iterable<string>): void {
  const [first] = body
  if (!first) return
  for (const slot of boxes) {
    const init = member(first, name(first, '$'), slot)
    const declarator = make(first, 'VariableDeclarator', { id: name(first, slot), init })
    body.unshift(make(first, 'VariableDeclaration', { kind: 'const', declarations: [declarator] }))
  }
}
