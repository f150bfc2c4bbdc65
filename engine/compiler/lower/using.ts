/** `using`: acquire, the rest of the block, dispose. A resource is given up at a durable wait and acquired again after. */
import { isStable, keep } from './operand.ts'
import type { Node } from '../ast.ts'
import type { Label } from '../builder.ts'
import { primitiveCall } from '../module.ts'
import { listenSite } from '../signal-site.ts'
import { stepSite } from '../step-site.ts'
import { stepCode } from './await.ts'
import { checkLockBlock } from './lock-block.ts'
import type { Lowering } from './lowering.ts'
import { guarded } from './try.ts'

export function lowerUsing(l: Lowering, node: Node, rest: () => void): void {
  declarators(l, node, node.declarations as Node[], rest)
}

function declarators(l: Lowering, node: Node, list: readonly Node[], rest: () => void): void {
  const [first, ...others] = list
  if (!first) return rest()
  const slot = (first.id.variable?.slot ?? l.temporary()) as string
  acquire(l, node, first, slot)
  const from = l.here()
  guarded(
    l,
    node,
    'using',
    () => declarators(l, node, others, rest),
    (completion) => {
      l.emit({ op: 'release', slot, completion, origin: node })
      l.emit({ op: 'endFinally', slot: completion, origin: node })
    },
  )
  refuseStack(l, first.init, from)
}

const STACKS = new Set(['DisposableStack', 'AsyncDisposableStack'])
const GOES_ON = new Set(['exec', 'jump', 'jumpIf', 'release', 'endFinally', 'return', 'throw'])

/** A new one that is acquired again would be empty. */
function refuseStack(l: Lowering, init: Node, from: Label): void {
  const { callee } = init
  if (init.type !== 'NewExpression' || !STACKS.has(callee.name as string) || callee.variable) return
  if (l.builder.ops.slice(from.pc).every(({ op }) => GOES_ON.has(op))) return
  l.refuse(
    init,
    'COMPILE_NOT_STORED',
    `What is put on the \`${String(callee.name)}\` is lost when the process waits`,
    'Declare each resource with `using`, and write what is to run at the end in `finally`.',
  )
}

function acquire(l: Lowering, node: Node, declarator: Node, slot: string): void {
  const init = declarator.init as Node
  const async = node.kind === 'await using' ? ({ async: true } as const) : {}
  if (primitiveCall(init, l.unit.names) === 'listen') {
    const code = settled(l, init)
    l.flush()
    const pc = l.emit({ op: 'listen', code: l.code(code), slot, origin: init })
    listenSite(l, init.arguments[0] as Node, pc)
    return
  }
  if (init.type !== 'AwaitExpression') {
    const code = settled(l, init)
    l.flush()
    l.emit({ op: 'acquire', code: l.code(code), slot, origin: init, ...async })
    return
  }
  checkLockBlock(l, node, declarator)
  const awaited = init.argument as Node
  const code = settled(l, awaited)
  l.flush()
  const step = l.builder.step(stepSite(l.unit, awaited), awaited)
  l.emit({ op: 'acquire', code: l.code(code), step, slot, origin: init, ...async })
}

/** Operands are captured at the declaration: acquired again, it is the same resource. */
function settled(l: Lowering, node: Node): Node {
  const { code } = stepCode(l, node)
  return MADE.has(code.type) ? captured(l, code) : code
}

/** Made anew each time, from values that are kept: calls are made again, with the arguments of the first time. */
const MADE = new Set(['CallExpression', 'NewExpression', 'ObjectExpression', 'ArrayExpression'])

/** An expression of values that are kept; functions in it close over the locals, as they do anywhere. */
function captured(l: Lowering, node: Node): Node {
  if (isStable(node)) return node
  if (node.type === 'CallExpression' || node.type === 'NewExpression')
    return { ...node, arguments: (node.arguments as Node[]).map((each) => captured(l, each)) }
  if (node.type === 'ArrayExpression')
    return { ...node, elements: (node.elements as (Node | null)[]).map((each) => each && captured(l, each)) }
  if (node.type !== 'ObjectExpression') return keep(l, node)
  const properties = (node.properties as Node[]).map((each) => {
    if (each.type === 'SpreadElement') return keep(l, each, 'object')
    const key = each.computed && !isSymbol(each.key) ? captured(l, each.key) : (each.key as Node)
    return { ...each, key, value: captured(l, each.value), shorthand: false }
  })
  return { ...node, properties }
}

/** `Symbol.dispose`: the same whenever it is read, and nothing that could be stored. */
function isSymbol(node: Node): boolean {
  return node.type === 'MemberExpression' && node.object.name === 'Symbol' && !node.object.variable
}
