/**
 * Syntax that only a module's own text can hold: the text of a program is run on any node, far from the module's file and
 * from what transpiled it.
 */
import type { Node } from './ast.ts'
import type { Diagnostics } from './diagnostic.ts'

/** Whether a node of this kind keeps a function out of programs. */
export function isModuleOnly(node: Node): boolean {
  return refusal(node) !== undefined
}

/** Refuses it in a handler, with the way out. */
export function refuseModuleSyntax(diagnostics: Diagnostics, node: Node): void {
  const found = refusal(node)
  if (found) diagnostics.refuse(node, 'COMPILE_SYNTAX', `A handler cannot hold ${found[0]}`, found[1])
}

function refusal(node: Node): readonly [what: string, way: string] | undefined {
  if (node.type === 'MetaProperty' && node.meta.name === 'import')
    return ['`import.meta`', 'Read it into a constant of the module, and use the constant.']
  if (node.type === 'ImportExpression')
    return ['`import()`', 'Import at the top of the module, or let a service load what it needs.']
  if (node.type === 'JSXElement' || node.type === 'JSXFragment')
    return ['JSX', 'Render in a service or in a function of another module.']
  if (node.type === 'AccessorProperty')
    return ['`accessor` fields', 'Write the getter and the setter, over a private field.']
  if (node.type === 'Decorator') return ['decorators', 'Declare the class in a module of its own.']
  return undefined
}
