/** Signals a program waits for: found where they are written, so that a process is subscribed from its start. */
import { make, type Node } from './ast.ts'
import { primitiveCall } from './module.ts'
import type { Lowering } from './lower/lowering.ts'

/** Records the signals that a wait (a call of `signal`, or `signal.all([...])`) waits for. */
export function signalSite(l: Lowering, node: Node, pc: number): void {
  if (primitiveCall(node, l.unit.names) !== 'signal') return
  const [first] = node.arguments as Node[]
  if (node.callee.type === 'MemberExpression' && node.callee.property?.name !== 'signal') {
    const list =
      first?.type === 'ArrayExpression'
        ? (first.elements as Node[])
        : first?.type === 'ObjectExpression'
          ? (first.properties as Node[]).map((each) => each.value as Node)
          : []
    for (const each of list) if (each) record(l, each.type === 'CallExpression' ? each.arguments[0] : each, false, pc)
    return
  }
  if (!first) return
  const match = (node.arguments as Node[])[1]
  if (match && !isKnownFromStart(match)) {
    l.refuse(
      node,
      'COMPILE_SIGNAL_MATCH',
      'This signal is keyed by a value that is only known later',
      'Open a listener before the request that provokes it: `using charged = listen(signals.charged, { pledge })`, then `await signal(charged)`.',
    )
  }
  record(l, first, match !== undefined, pc)
}

export function listenSite(l: Lowering, definition: Node, pc: number): void {
  record(l, definition, true, pc)
}

function record(l: Lowering, definition: Node | undefined, keyed: boolean, pc: number): void {
  if (!definition || !isDefinition(definition)) return
  const parts = path(definition)
  const root = rootOf(definition)
  const dependency = root.variable?.dependency ?? (root.variable?.special === 'dependencies' ? parts[1] : undefined)
  l.builder.signals.push({
    ...(dependency !== undefined ? { dependency } : {}),
    name: parts.at(-1) ?? '',
    code: l.code(make(definition, definition.type, { ...definition })),
    keyed,
    pc,
  })
}

/** Reads dependencies or bindings only: a local is a listener. */
function isDefinition(node: Node): boolean {
  const { variable } = rootOf(node)
  return (
    (node.type === 'Identifier' || node.type === 'MemberExpression') &&
    (!variable || variable.dependency !== undefined || variable.special === 'dependencies')
  )
}

function rootOf(node: Node): Node {
  return node.type === 'MemberExpression' ? rootOf(node.object) : node
}

function path(node: Node): string[] {
  return node.type === 'MemberExpression' ? [...path(node.object), node.property.name as string] : [node.name as string]
}

/** Made of the handler's own parameters and literals. */
function isKnownFromStart(node: Node): boolean {
  if (node.type === 'Literal') return true
  if (node.type === 'Identifier') return node.variable?.kind === 'param' && !node.variable.reassigned
  if (node.type === 'MemberExpression') return !node.computed && isKnownFromStart(node.object)
  return (
    node.type === 'ObjectExpression' &&
    (node.properties as Node[]).every((each) => each.type === 'Property' && isKnownFromStart(each.value))
  )
}
