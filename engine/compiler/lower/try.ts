/** try, catch, finally around suspensions: rows of the exception table. Every region ends with an op of its own inside it. */
import { assign, nothing, statement, type Node } from '../ast.ts'
import { label, slotNode } from '../builder.ts'
import { lowerPattern } from './assignment.ts'
import type { Lowering } from './lowering.ts'

export function lowerTry(l: Lowering, node: Node): void {
  if (!node.finalizer) return lowerCatch(l, node)
  guarded(
    l,
    node,
    'finally',
    () => (node.handler ? lowerCatch(l, node) : l.statement(node.block)),
    (completion) => {
      l.statement(node.finalizer)
      l.emit({ op: 'endFinally', slot: completion, origin: node.finalizer })
    },
  )
}

/** Runs `body` so that `after` runs however it ends; `after` gets the slot of the completion. */
export function guarded(
  l: Lowering,
  node: Node,
  kind: 'finally' | 'using',
  body: () => void,
  after: (completion: string) => void,
): void {
  const completion = l.temporary()
  const handler = label()
  const from = l.here()
  body()
  l.flush()
  l.store(completion, nothing(node))
  const to = l.here()
  l.builder.rows.push({ from, to, handler, slot: completion, kind })
  l.place(handler)
  after(completion)
}

function lowerCatch(l: Lowering, node: Node): void {
  const handler = label()
  const end = label()
  const slot = l.temporary()
  const from = l.here()
  l.statement(node.block)
  l.jump(node, end)
  const to = l.here()
  l.builder.rows.push({ from, to, handler, slot, kind: 'catch' })
  l.place(handler)
  l.openBox(node.handler)
  const param = node.handler.param as Node | null
  if (param) {
    if (param.suspends) lowerPattern(l, param, slotNode(param, slot))
    else l.run(statement(assign(param, param, slotNode(param, slot))))
  }
  l.statement(node.handler.body)
  l.place(end)
}
