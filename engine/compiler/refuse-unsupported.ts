/** Refuses what a handler cannot hold: the language's leftovers, and awaits in functions that stay native. */
import { children, isFunction, literal, type Node } from './ast.ts'
import { refuseModuleSyntax } from './module-syntax.ts'
import { primitiveCall } from './module.ts'
import { redeclared } from './redeclared.ts'
import type { Unit } from './unit.ts'

export function refuseUnsupported(unit: Unit, func: Node): void {
  const { diagnostics } = unit
  const visit = (node: Node, plain: boolean, native: boolean, tolerated: boolean): void => {
    if (isFunction(node)) {
      if (node.uncalled) return
      if (node.generator)
        diagnostics.refuse(
          node,
          'COMPILE_GENERATOR',
          'A handler cannot hold a generator',
          'Collect into an array, or move the generator to a module and read it there.',
        )
      const routine = unit.routines.some((each) => each.node === node)
      const twice = routine ? redeclared(node) : undefined
      if (twice)
        diagnostics.refuse(
          twice,
          'COMPILE_SYNTAX',
          'A handler cannot hold a `var` with the name of a parameter that a default of another may read',
          'Give the local another name.',
        )
      const ordinary = node.type !== 'ArrowFunctionExpression'
      for (const child of children(node)) visit(child, plain && (routine || !ordinary), !routine, tolerated)
      return
    }
    if (node.type.startsWith('Class')) {
      for (const child of children(node)) visit(child, false, true, true)
      return
    }
    refuseModuleSyntax(diagnostics, node)
    if (node.type.startsWith('JSX')) return void Object.assign(node, literal(node, null))
    if (node.type === 'ThisExpression' && plain)
      diagnostics.refuse(
        node,
        'COMPILE_THIS',
        'A handler has no `this`',
        'Take what you need from the injected dependencies.',
      )
    if (node.type === 'MetaProperty' && node.meta.name === 'new' && plain)
      diagnostics.refuse(node, 'COMPILE_THIS', 'A handler has no `new.target`', 'It is never called with `new`.')
    if (node.type === 'Identifier' && !node.variable && node.name === 'arguments' && plain)
      diagnostics.refuse(
        node,
        'COMPILE_ARGUMENTS',
        'A handler has no `arguments`',
        'Name the parameters, or use a rest parameter.',
      )
    if (
      node.type === 'CallExpression' &&
      node.callee.type === 'Identifier' &&
      node.callee.name === 'eval' &&
      !node.callee.variable
    )
      diagnostics.refuse(node, 'COMPILE_EVAL', 'A handler cannot use `eval`', 'Move it to a service.')
    if (
      node.type === 'MemberExpression' &&
      node.property.name === 'withResolvers' &&
      node.object.name === 'Promise' &&
      !native
    )
      diagnostics.refuse(
        node,
        'COMPILE_NOT_STORED',
        'A promise that the handler resolves itself is lost with this node',
        'Wait for a signal: `await signal(...)`.',
      )
    if (node.type === 'WithStatement')
      diagnostics.refuse(node, 'COMPILE_WITH', 'A handler cannot use `with`', 'Destructure the object.')
    if (node.type === 'TSParameterProperty')
      diagnostics.refuse(
        node,
        'COMPILE_PARAMETER_PROPERTY',
        'A class in a handler cannot have parameter properties',
        'Declare the field and assign it in the constructor.',
      )
    if (node.type === 'TSEnumDeclaration' || node.type === 'TSModuleDeclaration')
      diagnostics.refuse(
        node,
        'COMPILE_ENUM',
        'A handler cannot declare an enum or namespace',
        'Declare it in the module, or use a const object.',
      )
    if ((node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) && native && !tolerated) {
      diagnostics.refuse(
        node,
        'COMPILE_ASYNC_CALLBACK',
        'An await inside a function that is handed to unknown code cannot be made durable',
        'Use a loop or `await Promise.all(items.map(async (item) => ...))`, or move the function to a service.',
      )
    }
    const name = primitiveCall(node, unit.names)
    const tolerant = tolerated || name === 'transaction'
    for (const child of children(node)) visit(child, plain, native, tolerant)
  }
  for (const child of children(func)) visit(child, true, false, false)
}
