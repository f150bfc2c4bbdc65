/** Promises of calls that run beside are handles here: what is no part of the program could do nothing with one. */
import { isFunction, walk, walkOwn, type Node } from './ast.ts'
import { calledDependency } from './called.ts'
import { isCertainPromise } from './promise-call.ts'
import type { RoutineUnit, Unit } from './unit.ts'
import { flowsOf, type Flows } from './value-flow.ts'

/** Refuses such a promise as an argument of a service or of a function of another module, and in what the handler returns. */
export function refuseHandedOut(unit: Unit): void {
  const seen = new Set<Node>()
  for (const routine of unit.routines) {
    const flows = flowsOf(rootOf(routine).node)
    const refuse = (nodes: readonly Node[]): void => {
      for (const each of handles(nodes, flows)) {
        if (seen.has(each)) continue
        seen.add(each)
        unit.diagnostics.refuse(
          each,
          'COMPILE_NOT_STORED',
          `\`${String(each.name)}\` is the promise of a call that runs beside: only this process can wait for it`,
          `Await it first, and hand on what it gives: \`await ${String(each.name)}\`.`,
        )
      }
    }
    walk(routine.node, (node) => {
      if (node.type === 'CallExpression' && isOutside(unit, node)) refuse(node.arguments as Node[])
    })
    if (routine.parent || unit.kind !== 'process' || routine.node !== unit.routines[0]?.node) continue
    walkOwn(routine.node, (node) => {
      if (node.type === 'ReturnStatement' && LITERALS.has(node.argument?.type as string)) refuse([node.argument])
    })
  }
}

const LITERALS = new Set(['ArrayExpression', 'ObjectExpression'])

function rootOf(routine: RoutineUnit): RoutineUnit {
  return routine.parent ? rootOf(routine.parent) : routine
}

function isOutside(unit: Unit, node: Node): boolean {
  if (calledDependency(node)) return true
  const { callee } = node
  return callee.type === 'Identifier' && !callee.variable && unit.names.imports.has(callee.name as string)
}

/** Locals that hold such a promise for certain, also in a list or object that is written as an argument. */
function handles(nodes: readonly (Node | null)[], flows: Flows): Node[] {
  return nodes.flatMap((each): Node[] => {
    if (each?.type === 'ArrayExpression') return handles(each.elements as (Node | null)[], flows)
    if (each?.type === 'ObjectExpression')
      return handles(
        (each.properties as Node[]).map((property) => (property.kind === 'init' ? (property.value as Node) : null)),
        flows,
      )
    return each?.variable && isHandle(each, flows) ? [each] : []
  })
}

function isHandle({ variable }: Node, flows: Flows): boolean {
  const sources = variable ? flows.sources(variable) : []
  return (
    sources.length > 0 &&
    sources.every(
      ({ from, at }) => at.length === 0 && !isFunction(from) && from.floats === true && isCertainPromise(from),
    )
  )
}
