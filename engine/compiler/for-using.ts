/**
 * `using` in the head of a loop, as what it means: `for (using x of xs) ...` has a block with the resource per turn,
 * `for (using x = open(); ...) ...` one around the loop.
 */
import { copy, make, name, type Node } from './ast.ts'

/** A copy of a function in which no loop has `using` in its head. */
export function withoutUsingInHeads(func: Node): Node {
  return copy(func, replaced)
}

function replaced(node: Node): Node | undefined {
  if (node.type === 'ForOfStatement' && isUsing(node.left)) return perTurn(node)
  const loop = labelled(node)
  return loop.type === 'ForStatement' && isUsing(loop.init) ? aroundLoop(node, loop) : undefined
}

function isUsing(node: Node | null): boolean {
  return node?.type === 'VariableDeclaration' && (node.kind === 'using' || node.kind === 'await using')
}

function labelled(node: Node): Node {
  return node.type === 'LabeledStatement' ? labelled(node.body) : node
}

function perTurn(node: Node): Node {
  const { left } = node
  const [declarator] = left.declarations as Node[]
  const item = name(left, `turn_${left.start}`)
  const declaration = make(left, left.type, {
    kind: left.kind,
    declarations: [{ ...declarator, init: { ...item } }],
  })
  const body = make(node.body, 'BlockStatement', { body: [declaration, withoutUsingInHeads(node.body)] })
  const head = make(left, left.type, { kind: 'const', declarations: [{ ...declarator, id: item, init: null }] })
  return { ...node, left: head, right: withoutUsingInHeads(node.right), body }
}

function aroundLoop(node: Node, loop: Node): Node {
  const inner = (each: Node): Node =>
    each === loop ? withoutUsingInHeads({ ...loop, init: null }) : { ...each, body: inner(each.body) }
  return make(node, 'BlockStatement', { body: [withoutUsingInHeads(loop.init), inner(node)] })
}
